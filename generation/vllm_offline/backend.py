"""vLLM: the backend for a GPU, and on a CPU several times the speed of transformers."""

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path

from datasets_registry.adapters import adapter_folder
from datasets_registry.errors import BadInput
from datasets_registry.hashing import digest, file_digest
from generation.engine import EngineSettings
from generation.models.folder import fingerprint, require_base
from generation.prompts import FolderPrompts
from generation.request import Completion, Request
from generation.vllm_offline.engine import Engine
from generation.vllm_offline.job import Job
from generation.vllm_offline.kept import KeptEngines


class VllmBackend:
    """A local model directory, whole or an adapter over its base; loaded at the first request.

    With ``engines`` its engine is kept there: others use it too, and it runs on when the backend is closed.
    """

    name = "vllm"

    def __init__(
        self,
        folder: Path,
        settings: EngineSettings,
        base: Path | None = None,
        *,
        engines: KeptEngines | None = None,
    ) -> None:
        """``base`` is the directory of the model that the one in ``folder`` is stored as an adapter over.

        Raises BadInput where it is stored so and ``base`` is not given, or is another model.
        """
        adapter = adapter_folder(folder)
        whole = folder if adapter is None else require_base(folder, base)
        self.fingerprint = fingerprint(folder)
        self.engine = engines.engine(whole, settings) if engines else Engine(whole, settings)
        self._keeps = engines is not None
        self._prompts = FolderPrompts(whole)
        self._adapter = None if adapter is None else self.engine.adapter(adapter, self.fingerprint)

    @property
    def replicas(self) -> int:
        """Engines side by side."""
        return self.engine.num_replicas

    def adapted(self, folder: Path) -> "VllmBackend":
        """The model of ``folder`` over this base, in the same engine.

        ``folder`` is that of a model trained here, or has an adapter alone, which is a model by the digest of
        both. Raises BadInput unless it names this base by its fingerprint, as training does.
        """
        base = self.engine.folder
        trained = adapter_folder(folder)
        other = VllmBackend(base, self.engine.settings)
        if trained is not None:
            require_base(folder, base)
            identity = fingerprint(folder)
        else:
            identity = digest([other.fingerprint, _adapter_digest(folder)])
            _require_base(folder, base, other.fingerprint)
        other.fingerprint, other.engine, other._keeps = identity, self.engine, self._keeps
        other._adapter = self.engine.adapter(trained or folder, identity)
        return other

    def complete(self, requests: Sequence[Request]) -> Iterator[tuple[int, Completion]]:
        """Yield completions as they finish; neighbours share what their prompts have in common.

        Raises BadInput where the model cannot read a request, and ModelFailed if the engine dies twice.
        """
        return self.complete_fed(requests, list)

    def complete_fed(
        self, requests: Sequence[Request], more: Callable[[], Sequence[Request]]
    ) -> Iterator[tuple[int, Completion]]:
        """The same, while ``more`` come."""
        numbers = count()

        def jobs(requests: Sequence[Request]) -> list[Job]:
            # requests before numbers: a number that is drawn for none would be missing
            numbered = sorted(zip(requests, numbers, strict=False), key=lambda each: _reading_order(each[0]))
            return [Job(index=index, request=request, adapter=self._adapter) for request, index in numbered]

        for answer in self.engine.run(jobs(requests), lambda: jobs(more())):
            if answer.completion is None:
                raise BadInput(str(answer.bad_input))
            yield answer.index, answer.completion

    def prompt_digests(self, requests: Sequence[Request]) -> list[str | None]:
        """The hash of each request's tokens, made in this process by the base's tokenizer."""
        return self._prompts.digests(requests)

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
            "own base"
        )


def _adapter_digest(folder: Path) -> str:
    weights, config = sorted(folder.glob("*.safetensors")), folder / "adapter_config.json"
    if not (weights and config.is_file()):
        raise BadInput(f"adapter directory {folder} has no adapter_config.json or no *.safetensors weights")
    return digest([[path.name, file_digest(path)] for path in (*weights, config)])
