"""An engine's process without a model, which draws each prompt's own tokens: it dies where a file says so."""

import os
from pathlib import Path

from generation.engine import EngineSettings
from generation.vllm_offline.job import Answer, Drawn, Job
from generation.vllm_offline.serving import main


class ScriptedWorker:
    """Each draw is its prompt; the process ends while it draws as often as ``deaths`` in ``folder`` says."""

    slots = 4

    def __init__(self, folder: Path, settings: EngineSettings, max_lora_rank: int) -> None:
        self._deaths = folder / "deaths"
        self._job: Job | None = None
        if (folder / "unloadable").exists():
            raise MemoryError("no memory for the model")

    @property
    def busy(self) -> bool:
        return self._job is not None

    def prepare(self, job: Job) -> Job | Answer:
        return job

    def begin(self, prepared: Job) -> Answer | None:
        self._job = prepared
        return None

    def step(self) -> list[Answer]:
        left = int(self._deaths.read_text()) if self._deaths.exists() else 0
        if left:
            self._deaths.write_text(str(left - 1))
            os.abort()
        job, self._job = self._job, None
        assert job is not None and job.draws is not None
        drawn = tuple(
            Drawn(tokens=ids, logps=(-1.0,) * len(ids)) if ids else Drawn(error="it is empty")
            for ids in job.draws.prompts
        )
        return [Answer(index=job.index, drawn=drawn)]


if __name__ == "__main__":
    main(ScriptedWorker)
