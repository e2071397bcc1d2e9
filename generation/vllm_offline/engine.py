"""A vLLM engine over one base: a process for each card or group of cards, all fed from one queue."""

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from datasets_registry.errors import BadInput
from generation.cards.turns import Tenant
from generation.cards.visible import visible_cards
from generation.engine import EngineSettings
from generation.vllm_offline.job import Adapter, Answer, Job
from generation.vllm_offline.parameters import LORA_RANKS
from generation.vllm_offline.placing import card_groups
from generation.vllm_offline.process import WORKER, EngineProcess, Start
from generation.vllm_offline.replica import Replica
from generation.vllm_offline.shift import Shift


class Engine:
    """Processes that are started when needed, kept full, and replaced once where they die.

    ``worker`` is the module that a process runs. Raises BadInput where the settings need more cards than
    there are. Between two runs the engine may have to leave its cards to others, and starts again.
    """

    def __init__(self, folder: Path, settings: EngineSettings, *, worker: str = WORKER) -> None:
        self.folder, self.settings, self.worker = folder.resolve(), settings, worker
        self._groups = card_groups(settings, visible_cards())
        self._replicas = [
            Replica(self._title(place), partial(self._start, place)) for place in range(len(self._groups))
        ]
        cards = [card for group in self._groups for card in group]
        share = settings.gpu_memory_utilization if cards else 1.0
        self._tenant = Tenant(f"vLLM on {self.folder.name}", cards, share, self._end)
        self._adapters: dict[str, Adapter] = {}
        self._max_lora_rank = settings.max_lora_rank

    @property
    def pids(self) -> list[int]:
        """The running processes, to measure their time and memory."""
        return [replica.process.pid for replica in self._replicas if replica.process is not None]

    @property
    def pid(self) -> int | None:
        """The first running process."""
        return next(iter(self.pids), None)

    @property
    def num_replicas(self) -> int:
        """How many processes work side by side where there is work for all."""
        return len(self._replicas)

    @property
    def num_ready(self) -> int:
        """How many processes have loaded the model; who waits for all of them gives them work."""
        return sum(replica.slots is not None for replica in self._replicas)

    @property
    def num_starts(self) -> int:
        """How often a process was started."""
        return sum(replica.num_starts for replica in self._replicas)

    def adapter(self, folder: Path, version: str) -> Adapter:
        """An adapter with its own number; the engine is restarted where its rank needs more room.

        Raises BadInput where its rank is more than vLLM serves.
        """
        rank = int(json.loads((folder / "adapter_config.json").read_text())["r"])
        if rank > max(LORA_RANKS):
            raise BadInput(
                f"adapter {folder} has rank {rank}, and vLLM serves up to {max(LORA_RANKS)}: serve it by "
                "transformers, or start from what `trimtab models export` writes of the model"
            )
        if rank > self._max_lora_rank:
            self.stop()
            self._max_lora_rank = rank
        number = len(self._adapters) + 1
        fresh = Adapter(number=number, version=version, folder=str(folder.resolve()))
        return self._adapters.setdefault(version, fresh)

    def run(self, jobs: Sequence[Job], more: Callable[[], Sequence[Job]] = list) -> Iterator[Answer]:
        """Yield an answer per job as each finishes; after each, ``more`` says which jobs have come.

        Raises ModelFailed if no process is left to do them.
        """
        if not jobs:
            return
        with self._tenant.at_work():
            shift = Shift(self.folder, self._replicas, jobs, more)
            try:
                yield from shift.answers()
            finally:
                if shift.unfinished:
                    self.stop()

    def stop(self) -> None:
        """End the processes, if there are any; all their memory is free when this returns."""
        self._tenant.end()

    def _end(self) -> None:
        for replica in self._replicas:
            if replica.process is not None:
                replica.process.close()
        for replica in self._replicas:
            replica.stop()
            replica.in_hand.clear()

    def _title(self, place: int) -> str:
        cards = " and ".join(map(str, self._groups[place]))
        return f"replica {place} on {cards}" if cards else f"replica {place}"

    def _start(self, place: int) -> EngineProcess:
        return EngineProcess(
            Start(
                folder=self.folder,
                settings=self.settings,
                max_lora_rank=self._max_lora_rank,
                worker=self.worker,
                place=place,
                num_replicas=len(self._groups),
                cards=self._groups[place],
                locks=tuple(self._tenant.locks),
            )
        )
