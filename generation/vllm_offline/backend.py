"""vLLM: the backend for a GPU, and on a CPU several times the speed of transformers."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from datasets_registry.errors import BadInput
from datasets_registry.hashing import digest, file_digest
from generation.engine import EngineSettings
from generation.models.folder import fingerprint
from generation.request import Completion, Request
from generation.vllm_offline.engine import Engine
from generation.vllm_offline.job import Adapter, Job
from generation.vllm_offline.kept import KeptEngines


class VllmBackend:
    """A local model directory, or with ``adapted`` a LoRA adapter on it; loaded at the first request.

    With ``engines`` its engine is kept there: others use it too, and it runs on when the backend is closed.
    """

    name = "vllm"

    def __init__(self, folder: Path, settings: EngineSettings, *, engines: KeptEngines | None = None) -> None:
        self.fingerprint = fingerprint(folder)
        self.engine = engines.engine(folder, settings) if engines else Engine(folder, settings)
        self._keeps = engines is not None
        self._adapter: Adapter | None = None

    def adapted(self, folder: Path) -> "VllmBackend":
        """The adapter in ``folder`` over this base: a model of its own, in the same engine.

        Raises BadInput unless the adapter names this base by its fingerprint, as training does.
        """
        other = VllmBackend(self.engine.folder, self.engine.settings)
        identity = _adapter_digest(folder)
        _require_base(folder, self.engine.folder, other.fingerprint)
        other.fingerprint = digest([other.fingerprint, identity])
        other.engine, other._keeps = self.engine, self._keeps
        other._adapter = self.engine.adapter(folder, other.fingerprint)
        return other

    def complete(self, requests: Sequence[Request]) -> Iterator[tuple[int, Completion]]:
        """Yield completions as they finish; neighbours share what their prompts have in common.

        Raises BadInput where the model cannot read a request, and ModelFailed if the engine dies twice.
        """
        order = sorted(range(len(requests)), key=lambda index: _reading_order(requests[index]))
        jobs = [Job(index=index, request=requests[index], adapter=self._adapter) for index in order]
        for answer in self.engine.run(jobs):
            if answer.completion is None:
                raise BadInput(str(answer.bad_input))
            yield answer.index, answer.completion

    def close(self) -> None:
        """End the engine unless it is kept; all its memory is free when this returns."""
        if not self._keeps:
            self.engine.stop()


def _reading_order(request: Request) -> tuple[list[str], int]:
    return [message.content for message in request.messages], request.sample


def _require_base(adapter: Path, base: Path, identity: str) -> None:
    named = json.loads((adapter / "adapter_config.json").read_text()).get("base_model_name_or_path")
    if named != identity:
        raise BadInput(
            f"adapter {adapter} belongs to the base {named!r}, and {base} is {identity!r}: serve it on its "
            "own base, or serve its merged model"
        )


def _adapter_digest(folder: Path) -> str:
    weights, config = sorted(folder.glob("*.safetensors")), folder / "adapter_config.json"
    if not (weights and config.is_file()):
        raise BadInput(f"adapter directory {folder} has no adapter_config.json or no *.safetensors weights")
    return digest([[path.name, file_digest(path)] for path in (*weights, config)])
