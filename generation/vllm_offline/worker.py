"""The engine: python -m generation.vllm_offline.worker CONNECTION PARENT FOLDER SETTINGS MAX_LORA_RANK."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from datasets_registry.errors import BadInput
from generation.engine import EngineSettings
from generation.models.code import require_no_code
from generation.prompts import Prompt, PromptReader
from generation.request import Completion
from generation.templates.opening import open_tokenizer
from generation.tokenizer import Tokenizer
from generation.vllm_offline.builds import installed
from generation.vllm_offline.job import Answer, Job
from generation.vllm_offline.parameters import completion, engine_arguments, engine_params
from generation.vllm_offline.serving import main

if TYPE_CHECKING:
    from vllm.lora.request import LoRARequest
    from vllm.v1.engine.llm_engine import LLMEngine


class ReadJob(NamedTuple):
    """A job and the tokens of its prompt."""

    job: Job
    prompt: Prompt


class VllmWorker:
    """An engine, its tokenizer, and the jobs that are in it."""

    def __init__(self, folder: Path, settings: EngineSettings, max_lora_rank: int) -> None:
        self._engine, self._window = load_engine(folder, settings, max_lora_rank)
        self._tokenizer: Tokenizer = open_tokenizer(folder)
        self._jobs: dict[str, ReadJob] = {}
        # one of its own, since prompts are read in another thread
        self._reader = PromptReader(open_tokenizer(folder), most=256)

    @property
    def slots(self) -> int:
        """How many sequences the engine decodes at once."""
        return int(self._engine.vllm_config.scheduler_config.max_num_seqs)

    @property
    def busy(self) -> bool:
        """Whether the engine has something to do."""
        return bool(self._jobs)

    def prepare(self, job: Job) -> ReadJob | Answer:
        """The job's tokens; the answer at once where it cannot be done."""
        try:
            prompt = self._reader.read(job.request)
        except BadInput as error:
            return Answer(index=job.index, bad_input=str(error))
        failure = prompt if isinstance(prompt, Completion) else prompt.misfit(self._window)
        if failure is not None or isinstance(prompt, Completion):
            return Answer(index=job.index, completion=failure)
        return ReadJob(job, prompt)

    def begin(self, prepared: ReadJob) -> Answer | None:
        """Put a job into the engine; the answer at once where it refuses."""
        from vllm.exceptions import VLLMClientError
        from vllm.inputs import tokens_input

        job, prompt = prepared
        tokens, params = tokens_input(prompt.read), engine_params(prompt)
        try:
            self._engine.add_request(str(job.index), tokens, params, lora_request=lora_request(job))
        except (VLLMClientError, ValueError) as error:
            reason = f"the engine refused the request: {error}"
            failed = Completion(finish_reason="error", error=reason, num_prompt_tokens=len(prompt.read))
            return Answer(index=job.index, completion=failed)
        self._jobs[str(job.index)] = prepared
        return None

    def step(self) -> list[Answer]:
        """One step of the whole batch; the answers to what it finished."""
        answers = []
        for output in self._engine.step():
            job, prompt = self._jobs.pop(output.request_id)
            done = prompt.answered(completion(output, prompt, self._tokenizer))
            answers.append(Answer(index=job.index, completion=done))
        return answers


def load_engine(
    folder: Path, settings: EngineSettings, max_lora_rank: int, **more: object
) -> tuple["LLMEngine", int]:
    """The engine over the model in ``folder``, and its window; ``more`` are arguments of vLLM's own."""
    import torch
    from transformers import AutoConfig

    # a CPU build takes no card's arguments, whatever torch sees
    cpu = installed() == "cpu" or not torch.cuda.is_available()
    if cpu:
        # one small function would be compiled, for which there need be no compiler
        os.environ["TORCHDYNAMO_DISABLE"] = "1"
    from vllm.engine.arg_utils import EngineArgs
    from vllm.usage.usage_lib import UsageContext
    from vllm.v1.engine.llm_engine import LLMEngine

    config = AutoConfig.from_pretrained(
        require_no_code(folder), local_files_only=True, trust_remote_code=False
    ).get_text_config()
    window = min(config.max_position_embeddings, settings.max_model_len or sys.maxsize)
    arguments = engine_arguments(folder, settings, window, max_lora_rank, cpu=cpu) | more
    # vLLM's limits of a batch follow from the card and from who asks: `vllm.LLM` works offline as we do
    return LLMEngine.from_engine_args(EngineArgs(**arguments), UsageContext.LLM_CLASS), window


def lora_request(job: Job) -> "LoRARequest | None":
    """The job's adapter, as vLLM takes it."""
    from vllm.lora.request import LoRARequest

    adapter = job.adapter
    return None if adapter is None else LoRARequest(adapter.version, adapter.number, adapter.folder)


if __name__ == "__main__":
    main(VllmWorker)
