"""The engine: python -m generation.vllm_offline.worker CONNECTION PARENT FOLDER SETTINGS MAX_LORA_RANK."""

import os
import sys
import threading
import time
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

from datasets_registry.errors import BadInput
from generation.engine import EngineSettings
from generation.prompts import Prompt, PromptReader
from generation.request import Completion
from generation.tokenizer import Tokenizer
from generation.vllm_offline.job import ANSWERS, JOBS, Answer, Job
from generation.vllm_offline.parameters import completion, engine_arguments, engine_params

if TYPE_CHECKING:
    from vllm.lora.request import LoRARequest

ALIVE_SECONDS = 5.0


class Worker:
    """An engine, its tokenizer, and the jobs that are in it."""

    def __init__(self, folder: Path, settings: EngineSettings, max_lora_rank: int) -> None:
        import torch
        from transformers import AutoConfig, AutoTokenizer

        cpu = not torch.cuda.is_available()
        if cpu:
            # one small function would be compiled, for which there need be no compiler
            os.environ["TORCHDYNAMO_DISABLE"] = "1"
        from vllm.engine.arg_utils import EngineArgs
        from vllm.v1.engine.llm_engine import LLMEngine

        config = AutoConfig.from_pretrained(folder, local_files_only=True).get_text_config()
        self._window = min(config.max_position_embeddings, settings.max_model_len or sys.maxsize)
        arguments = engine_arguments(folder, settings, self._window, max_lora_rank, cpu=cpu)
        self._tokenizer: Tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        self._engine = LLMEngine.from_engine_args(EngineArgs(**arguments))
        self._jobs: dict[str, tuple[Job, Prompt]] = {}
        self._reader = PromptReader(self._tokenizer, most=256)

    @property
    def busy(self) -> bool:
        """Whether the engine has something to do."""
        return bool(self._jobs)

    def begin(self, job: Job) -> Answer | None:
        """Put a job into the engine; the answer at once where it cannot be done."""
        from vllm.exceptions import VLLMClientError
        from vllm.inputs import tokens_input

        try:
            prompt = self._reader.read(job.request)
        except BadInput as error:
            return Answer(index=job.index, bad_input=str(error))
        failure = prompt if isinstance(prompt, Completion) else prompt.misfit(self._window)
        if failure is not None or isinstance(prompt, Completion):
            return Answer(index=job.index, completion=failure)
        tokens, params = tokens_input(prompt.read), engine_params(prompt)
        try:
            self._engine.add_request(str(job.index), tokens, params, lora_request=_lora(job))
        except (VLLMClientError, ValueError) as error:
            reason = f"the engine refused the request: {error}"
            failed = Completion(finish_reason="error", error=reason, num_prompt_tokens=len(prompt.read))
            return Answer(index=job.index, completion=failed)
        self._jobs[str(job.index)] = job, prompt
        return None

    def step(self) -> list[Answer]:
        """One step of the whole batch; the answers to what it finished."""
        answers = []
        for output in self._engine.step():
            job, prompt = self._jobs.pop(output.request_id)
            answers.append(Answer(index=job.index, completion=completion(output, prompt, self._tokenizer)))
        return answers


def _lora(job: Job) -> "LoRARequest | None":
    from vllm.lora.request import LoRARequest

    adapter = job.adapter
    return None if adapter is None else LoRARequest(adapter.version, adapter.number, adapter.folder)


def serve(worker: Worker, connection: Connection, arrived: "SimpleQueue[list[Job] | None]") -> None:
    """Answer jobs until there can be no more: the other end is closed."""
    reported = 0.0
    while True:
        answers: list[Answer] = []
        while not (worker.busy and arrived.empty()):
            jobs = arrived.get()
            if jobs is None:
                return
            begun = [worker.begin(job) for job in jobs]
            answers += [answer for answer in begun if answer is not None]
            if answers:
                break
        if worker.busy:
            answers += worker.step()
        if answers or time.monotonic() - reported > ALIVE_SECONDS:
            reported = time.monotonic()
            connection.send_bytes(ANSWERS.dump_json(answers))


def main() -> None:
    """Load, say that it is done, and serve."""
    number, parent, folder, settings, rank = sys.argv[1:]
    threading.Thread(target=_die_with, args=(int(parent),), daemon=True).start()
    connection = Connection(int(number))
    worker = Worker(Path(folder), EngineSettings.model_validate_json(settings), int(rank))
    arrived: SimpleQueue[list[Job] | None] = SimpleQueue()
    threading.Thread(target=_read, args=(connection, arrived), daemon=True).start()
    with suppress(OSError):
        connection.send_bytes(b"[]")
        serve(worker, connection, arrived)


def _read(connection: Connection, arrived: "SimpleQueue[list[Job] | None]") -> None:
    """Take jobs as they come, so that the sender never waits for a step to end."""
    with suppress(EOFError, OSError):
        while True:
            arrived.put(JOBS.validate_json(connection.recv_bytes()))
    arrived.put(None)


def _die_with(parent: int) -> None:
    """Where the parent is killed, its engine must not go on unseen."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


if __name__ == "__main__":
    main()
