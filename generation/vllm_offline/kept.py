"""Engines that outlive the work they were started for, so that the next work over their base finds them."""

import atexit
from pathlib import Path

from generation.engine import EngineSettings
from generation.models.folder import fingerprint
from generation.vllm_offline.engine import Engine
from generation.vllm_offline.process import WORKER


class KeptEngines:
    """One engine for each base and settings, for all backends of this process; ``worker`` is what they run.

    An engine ends with ``close``, with this process, or when others need its cards.
    """

    def __init__(self, worker: str = WORKER) -> None:
        self._worker = worker
        self._engines: dict[tuple[Path, str, EngineSettings], Engine] = {}
        self._num_ended_starts = 0

    @property
    def num_starts(self) -> int:
        """How many processes were started, ended ones too."""
        return self._num_ended_starts + sum(engine.num_starts for engine in self._engines.values())

    def engine(self, folder: Path, settings: EngineSettings) -> Engine:
        """The engine over the base in ``folder``, which may be running already."""
        if not self._engines:
            atexit.register(self.close)
        key = (folder.resolve(), fingerprint(folder), settings)
        if key not in self._engines:
            self._engines[key] = Engine(folder, settings, worker=self._worker)
        return self._engines[key]

    def close(self) -> None:
        """End all engines."""
        self._num_ended_starts = self.num_starts
        while self._engines:
            self._engines.popitem()[1].stop()
        atexit.unregister(self.close)


ENGINES = KeptEngines()
