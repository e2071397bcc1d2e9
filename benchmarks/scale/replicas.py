"""What Ray costs the driver, what a second replica brings, and what is left after kills at random moments."""

import os
import random
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from benchmarks.sides.figure import Figure, exactly, repeated
from generation.completer import Completer
from generation.engine import EngineSettings
from generation.ledger.ledger import Ledger
from generation.ray_cluster.backend import RayBackend
from generation.request import Completion, Message, Request, SamplingParams
from tests.generation.ray_cluster.clusters import SmallCluster, small_cluster
from tests.generation.ray_cluster.disturbed import open_sleeping
from tests.generation.ray_cluster.sleeping import NAME
from tests.tiny_model import write_tiny_model

PROMPT_CHARACTERS, ANSWER_CHARACTERS = 1_000, 4_000
REPEATS, QUICK_REPEATS = 5, 2
INSTANT = "benchmarks.scale.replicas:instant"
# answers of the sleeping engine take so many steps, of which it does so many at once
STEPS, SLOTS = 5, 4
DISTURBED = 256


class Instant:
    """Answers at once, always the same."""

    name = "instant"

    def __init__(self, folder: Path, settings: EngineSettings, base: Path | None = None) -> None:
        self.fingerprint = "0" * 64

    def complete(self, requests: Sequence[Request]) -> Iterator[tuple[int, Completion]]:
        """The same answer to each."""
        for index in range(len(requests)):
            yield index, Completion(text="a" * ANSWER_CHARACTERS, finish_reason="stop")

    def close(self) -> None:
        """Nothing is held."""


BACKENDS = {"instant": Instant}


@contextmanager
def replicas(folder: Path, inner: str, number: int, slots: int = SLOTS) -> Iterator[RayBackend]:
    """So many replicas, which have all answered something."""
    backend = open_sleeping(folder, number, inner=inner, slots=slots)
    try:
        while len(backend.fleet.ready) < number:
            took(backend, requests(4 * number * slots, "warm"))
        yield backend
    finally:
        backend.close()


def requests(number: int, word: str, tokens: int = STEPS) -> list[Request]:
    """Prompts of a thousand characters, no two alike."""
    padding = "x" * (PROMPT_CHARACTERS - len(word) - 10)
    return [
        Request(
            messages=(Message(role="user", content=f"{word} {place:08d} {padding}"),),
            params=SamplingParams(max_tokens=tokens),
        )
        for place in range(number)
    ]


def took(backend: RayBackend | Instant, asked: Sequence[Request]) -> tuple[float, float]:
    """Seconds, and CPU seconds of this process, until all are answered."""
    start, cpu = time.perf_counter(), time.process_time()
    assert sum(1 for _ in backend.complete(asked)) == len(asked)
    return time.perf_counter() - start, time.process_time() - cpu


def measure(quick: bool) -> Iterator[Figure]:
    """Overhead, speed and faults on a cluster of two nodes."""
    if find_spec("ray") is None:
        yield Figure(
            name="Ray is not installed, so nothing was measured: `make cluster`", value=None, unit=""
        )
        return
    with tempfile.TemporaryDirectory(prefix="trimtab-ray-") as folder, small_cluster() as cluster:
        os.environ["TRIMTAB_HOME"] = f"{folder}/state"
        model = write_tiny_model(Path(folder) / "model")
        yield _overhead(model, quick)
        yield _speed(model, quick)
        yield from _faults(cluster, model, Path(folder), 1 if quick else 20)


def _overhead(model: Path, quick: bool) -> Figure:
    """Of both ways the same answers; what Ray takes is what the driver spends beyond the bare backend."""
    number = 1_000 if quick else 5_000
    asked = requests(number, "overhead")
    bare = Instant(model, EngineSettings())
    with replicas(model, INSTANT, 2, slots=64) as backend:
        pairs = [
            (took(backend, asked)[1], took(bare, asked)[1])
            for _ in range(QUICK_REPEATS if quick else REPEATS)
        ]
    spent = [(on_ray - alone) / number * 1e6 for on_ray, alone in pairs]
    return repeated("driver on Ray beyond the bare backend", spent, "µs of CPU a request", "<= 60")


def _speed(model: Path, quick: bool) -> Figure:
    """A replica of the sleeping engine against two."""
    asked = requests(256 if quick else 1_024, "speed")
    seconds: dict[int, list[float]] = {}
    for number in (1, 2):
        with replicas(model, NAME, number) as backend:
            seconds[number] = [took(backend, asked)[0] for _ in range(QUICK_REPEATS if quick else REPEATS)]
    ratios = [one / two for one, two in zip(seconds[1], seconds[2], strict=True)]
    return repeated("two replicas / one replica", ratios, "times as fast", ">= 1.9")


def _faults(cluster: SmallCluster, model: Path, folder: Path, number: int) -> Iterator[Figure]:
    """Rows after each disturbance beside those of an undisturbed run, and what was asked twice at most."""
    expected, _ = _run(model, folder / "undisturbed", lambda backend: None, moment=0)
    for name, disturb in (("replica", _kill_replica), ("node", lambda _: _lose_node(cluster))):
        whole, redone = 0, []
        rng = random.Random(name)
        for trial in range(number):
            cluster.have_nodes(2)
            moment = rng.randint(1, DISTURBED - 1)
            rows, given = _run(model, folder / f"{name}-{trial}", disturb, moment)
            whole += rows == expected
            redone.append(float(given))
        yield exactly(f"{name} lost at a random moment: runs with equal rows", whole, number)
        yield repeated(f"{name} lost: requests asked again", redone, "count", f"<= {2 * 32}")
    cluster.have_nodes(2)


def _run(
    model: Path, folder: Path, disturb: Callable[[RayBackend], None], moment: int
) -> tuple[list[str], int]:
    """The rows after a run that is disturbed after ``moment`` answers, and how many were asked again."""
    backend = open_sleeping(model, slots=SLOTS)
    backend.disturb = lambda number: disturb(backend) if number == moment else None
    try:
        completer = Completer(backend, Ledger(folder), asset="faults", report=lambda line: None)
        completer("stories", requests(DISTURBED, "fault"))
    finally:
        backend.close()
    rows = Ledger(folder).ask("SELECT key, text FROM stored ORDER BY ALL")
    return [f"{row['key']} {row['text']}" for row in rows], backend.tally.num_redone


def _kill_replica(backend: RayBackend) -> None:
    os.kill(random.choice(list(backend.fleet.places.values())).pid, signal.SIGKILL)


def _lose_node(cluster: SmallCluster) -> None:
    cluster.lose_node(random.choice(cluster.nodes))
