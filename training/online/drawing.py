"""The engine of a trainer: python -m training.online.drawing, with the arguments of vLLM's worker."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from generation.engine import EngineSettings
from generation.request import SamplingParams
from generation.vllm_offline.job import Answer, Drawn, Job
from generation.vllm_offline.serving import main
from generation.vllm_offline.worker import load_engine, lora_request

if TYPE_CHECKING:
    import vllm

WORKER = "training.online.drawing"


class DrawingWorker:
    """An engine that makes all draws of a step together, so that the same ones are batched alike every time.

    Log-probabilities are those of what it samples from, at the temperature of the draws.
    """

    def __init__(self, folder: Path, settings: EngineSettings, max_lora_rank: int) -> None:
        self._engine, _ = load_engine(folder, settings, max_lora_rank, logprobs_mode="processed_logprobs")
        self._job: Job | None = None
        self._found: dict[int, Drawn] = {}

    @property
    def slots(self) -> int:
        """How many sequences the engine decodes at once."""
        return int(self._engine.vllm_config.scheduler_config.max_num_seqs)

    @property
    def busy(self) -> bool:
        """Whether there are draws to be made."""
        return self._job is not None

    def prepare(self, job: Job) -> Job | Answer:
        """The job as it is: its prompts are token ids already."""
        return job

    def begin(self, prepared: Job) -> Answer | None:
        """Put all draws of a job into the engine; the answer at once where there is none."""
        from vllm.exceptions import VLLMClientError
        from vllm.inputs import tokens_input

        draws = prepared.draws
        if draws is None or not draws.prompts:
            return Answer(index=prepared.index, drawn=())
        self._job, adapter = prepared, lora_request(prepared)
        for place, (ids, key) in enumerate(zip(draws.prompts, draws.keys, strict=True)):
            try:
                tokens, params = (
                    tokens_input(list(ids)),
                    draw_params(prepared.request.params, draws.ends, key),
                )
                self._engine.add_request(str(place), tokens, params, lora_request=adapter)
            except (VLLMClientError, ValueError) as error:
                self._found[place] = Drawn(error=f"the engine refused the request: {error}")
        return self._whole()

    def step(self) -> list[Answer]:
        """One step of the whole batch; the job's answer when all its draws are made."""
        for output in self._engine.step():
            self._found[int(output.request_id)] = drawn(output)
        answer = self._whole()
        return [] if answer is None else [answer]

    def _whole(self) -> Answer | None:
        """The answer of the job in hand, once nothing of it is in the engine."""
        job = self._job
        if job is None or job.draws is None or len(self._found) < len(job.draws.prompts):
            return None
        found = tuple(self._found[place] for place in range(len(self._found)))
        self._job, self._found = None, {}
        return Answer(index=job.index, drawn=found)


def draw_params(params: SamplingParams, ends: Sequence[int], key: str) -> "vllm.SamplingParams":
    """vLLM's parameters of a draw: ends are ours alone, and each token comes with its log-probability."""
    import vllm
    from vllm.sampling_params import RequestOutputKind

    return vllm.SamplingParams(
        temperature=params.temperature,
        top_p=params.top_p,
        max_tokens=params.max_tokens,
        seed=int(key[:15], 16),
        stop_token_ids=list(ends),
        ignore_eos=True,
        logprobs=0,
        detokenize=False,
        output_kind=RequestOutputKind.FINAL_ONLY,
    )


def drawn(output: "vllm.RequestOutput") -> Drawn:
    """A finished request's output as a sample."""
    sample = output.outputs[0]
    if sample.finish_reason not in ("stop", "length"):
        return Drawn(error=f"the engine ended the request with {sample.finish_reason!r}")
    tokens = tuple(sample.token_ids)
    logps = tuple(place[token].logprob for token, place in zip(tokens, sample.logprobs, strict=True))
    if not all(map(math.isfinite, logps)):
        return Drawn(error="the policy's probabilities became NaN: lower learning_rate")
    return Drawn(tokens=tokens, logps=logps)


if __name__ == "__main__":
    main(DrawingWorker)
