"""Ray: another backend on many nodes at once, its replicas behind the contract of one."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

from datasets_registry.adapters import adapter_folder
from datasets_registry.errors import BadInput, ModelFailed
from datasets_registry.state import State
from generation.engine import BATCH_SIZE, EngineSettings, require_inner
from generation.models.folder import fingerprint, require_base
from generation.progress import Standing
from generation.prompts import FolderPrompts
from generation.ray_cluster.cluster import Room, require_ray
from generation.ray_cluster.dispatch import START_SECONDS, Run, Size
from generation.ray_cluster.fleet import Fleet
from generation.ray_cluster.kept import KeptFleets
from generation.ray_cluster.model_files import ModelFiles
from generation.ray_cluster.replica import Opening, OpenInner
from generation.ray_cluster.tally import Tally
from generation.request import Completion, Request
from generation.vllm_offline.builds import installed

# what vLLM decodes at once on a card, about, where it is not said
AT_ONCE = 256


class RayBackend:
    """A local model directory, run by as many replicas of ``settings.inner`` as there is room for.

    Its name is that of the inner backend, by which the ledger knows it. With ``fleets`` its replicas are kept
    there: they run on when the backend is closed.
    """

    def __init__(
        self,
        folder: Path,
        settings: EngineSettings,
        base: Path | None = None,
        *,
        open_backend: OpenInner,
        close_kept: Callable[[], None],
        fleets: KeptFleets | None = None,
        patience: float = START_SECONDS,
    ) -> None:
        """Raises BadInput where Ray is not installed, or ``inner`` is no backend that runs a model itself."""
        require_ray()
        require_inner(settings)
        self.name, self.folder, self.settings = settings.inner, folder, settings
        self.fingerprint = fingerprint(folder)
        self.base = None if adapter_folder(folder) is None else require_base(folder, base)
        self._opening = Opening(
            settings.inner,
            settings.model_copy(update={"replicas": 1}),
            open_backend,
            close_kept,
            _environment(State()),
        )
        self._fleets, self._patience, self.tally = fleets, patience, Tally()
        self._run: Run | None = None
        self._ours: Callable[[], bool] = lambda: False
        whole = self.base or folder
        self._prompts = FolderPrompts(whole)
        self.fleet = fleets.fleet((fingerprint(whole), settings), self._fleet) if fleets else self._fleet()

    @property
    def replicas(self) -> int:
        """How many replicas take requests; before the first does, how many are wanted."""
        return len(self.fleet.ready) or (1 if self.settings.replicas == "auto" else self.settings.replicas)

    @property
    def standing(self) -> Standing | None:
        """How the replicas stand; None before the first request."""
        return self._run.standing if self._run else None

    def adapted(self, folder: Path) -> "RayBackend":
        """The model of ``folder``, trained over this one's base, by the same replicas.

        Raises BadInput unless it is a model that was trained here as an adapter of that base.
        """
        if adapter_folder(folder) is None:
            raise BadInput(
                f"{folder} is no model that was trained here as an adapter: give its directory, or run it on "
                "one machine by backend = 'vllm', which takes an adapter alone"
            )
        other = RayBackend(
            folder,
            self.settings,
            self.base or self.folder,
            open_backend=self._opening.open_backend,
            close_kept=self._opening.close_kept,
            patience=self._patience,
        )
        other.fleet, other._fleets = self.fleet, self._fleets
        return other

    def complete(self, requests: Sequence[Request]) -> Iterator[tuple[int, Completion]]:
        """Yield completions as they finish on any node.

        Raises BadInput where there is no cluster, or the model cannot read a request, and ModelFailed where
        replicas die again and again, or none is ever ready.
        """
        return self.complete_fed(requests, list)

    def complete_fed(
        self, requests: Sequence[Request], more: Callable[[], Sequence[Request]]
    ) -> Iterator[tuple[int, Completion]]:
        """The same, while ``more`` come."""
        if not requests:
            return
        with self.fleet.serving(self._model) as ours:
            size = self._size
            if self._fleets:
                self._fleets.make_room(self.fleet, size.replicas)
            run = Run(f"{self.name} on Ray", self.fleet, size, requests, more, self.tally)
            self._run, self._ours = run, ours
            try:
                for answer in run.answers():
                    yield answer
                    self._require_ours()
            finally:
                self._end_unfinished()

    def prompt_digests(self, requests: Sequence[Request]) -> list[str | None]:
        """The hash of each request's tokens, made in this process."""
        return self._prompts.digests(requests)

    def close(self) -> None:
        """End the replicas unless they are kept and have done what was asked."""
        if self._fleets is None:
            self.fleet.stop()
        else:
            self._end_unfinished()

    def _end_unfinished(self) -> None:
        """End replicas that have requests of ours: they would answer them amid later work."""
        if self._run and self._run.unfinished and self._ours():
            self.fleet.stop()

    def _require_ours(self) -> None:
        if not self._ours():
            raise ModelFailed(
                f"{self.name} on Ray: other work over the same base began before this was finished: take all "
                "answers of one, or close it, before the next"
            )

    def _fleet(self) -> Fleet:
        return Fleet(self._opening, room_of(self.settings))

    @cached_property
    def _model(self) -> ModelFiles:
        return ModelFiles.of(self.folder, self.base)

    @property
    def _size(self) -> Size:
        """How many replicas, and how much each does at once."""
        settings = self.settings
        batch = settings.batch_size or (AT_ONCE if self.fleet.each.gpus else BATCH_SIZE)
        if settings.replicas != "auto":
            return Size(settings.replicas, batch, self._patience)
        return Size(max(1, self.fleet.resources.fitting(self.fleet.each)), batch, self._patience)


def _environment(state: State) -> dict[str, str]:
    """Where a replica finds the state, and its bucket; the bucket's key is of each node's own environment."""
    bucket = {"TRIMTAB_STORE": state.store} if state.store else {}
    return {"TRIMTAB_HOME": str(state.root), **bucket}


def room_of(settings: EngineSettings) -> Room:
    """What each replica holds of a node."""
    return Room(float(gpus_of(settings)), float(settings.replica_cpus))


def gpus_of(settings: EngineSettings) -> int:
    """GPUs of each replica: as said, else those that vLLM's CUDA build splits a model over."""
    if settings.replica_gpus is not None:
        return settings.replica_gpus
    return settings.tensor_parallel_size if settings.inner == "vllm" and installed() != "cpu" else 0
