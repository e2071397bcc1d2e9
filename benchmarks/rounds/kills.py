"""Rounds killed with SIGKILL while they sample, train and are watched, each time built on from there."""

import os
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from signal import SIGKILL

from benchmarks.kills.inspecting import looked_at, stored_keys
from benchmarks.kills.lanes import QUIET
from benchmarks.kills.pipeline import build_pipeline
from benchmarks.kills.processes import answer, ended, import_all, modules_of, start, wait
from benchmarks.kills.stages import Place
from benchmarks.kills.trials import WRONG, Trial, compare
from benchmarks.sides.figure import Figure, exactly
from datasets_registry.hashing import derive_seed
from generation.request import Request

PROFILE = Path(__file__).with_name("kills.toml")
KILLS, SEED = 12, 0
# what may come of a kill of rounds, as other kills may have it
LOOKED_FOR = ("other than undisturbed", "made again", "stored twice", "damaged", "left")


@dataclass(frozen=True)
class Moment:
    """Where a kill falls: at most so many seconds after a round has said this."""

    name: str
    says: str
    seconds: float


MOMENTS = (
    Moment("sampling", "candidates: samples", 0.4),
    Moment("training", "policy: step 1 of", 0.8),
    Moment("watch", "evaluation_differences@", 0.3),
)


@dataclass
class Killed:
    """What kills did: how many fell on what, what was flushed before, and how trainings went on."""

    trial: Trial
    by_moment: Counter[str] = field(default_factory=Counter)
    flushed: int = 0
    resumed: int = 0

    @property
    def kills(self) -> int:
        """Kills so far."""
        return self.by_moment.total()


def reply(request: Request) -> str:
    """A sum from left to right, with one too much now and then."""
    total, *others = map(int, request.messages[-1].content.removesuffix("=?").split("+"))
    lines = []
    for place, number in enumerate(others):
        after = total + number + (derive_seed(request.noise_key, place) % 4 == 0)
        lines.append(f"{total}+{number}={after}")
        total = after
    return "\n".join([*lines, f"A:{total}"])


def kills(quick: bool) -> Iterator[Figure]:
    """Twelve kills of two rounds: what they lost, and whether the end is another; nothing where ``quick``."""
    if quick:
        return
    with tempfile.TemporaryDirectory(prefix="trimtab-rounds-") as folder:
        yield from killed(Path(folder), KILLS, num_rounds=2)


def killed(folder: Path, wanted: int, num_rounds: int) -> Iterator[Figure]:
    """Build undisturbed, then kill ``wanted`` times in as many new states as that takes."""
    undisturbed = _new(folder / "undisturbed", num_rounds)
    import_all(modules_of(partial(_build, undisturbed), folder / "undisturbed.txt"))
    whole = answer(partial(looked_at, undisturbed), folder / "look.txt")
    moments, result = random.Random(SEED), Killed(Trial("rounds", SIGKILL.name, beside=False))
    for state in range(wanted):
        if result.kills < wanted:
            place = _new(folder / f"state-{state}", num_rounds)
            _kill_through(place, num_rounds, wanted, moments, result)
            compare(whole, answer(partial(looked_at, place), folder / "look.txt"), result.trial)
    yield from _figures(result, wanted)


def _figures(result: Killed, wanted: int) -> Iterator[Figure]:
    yield exactly("kills of rounds", result.kills, wanted, "kills")
    for name, number in result.by_moment.items():
        yield Figure(name=f"kills of rounds in {name}", value=number, unit="kills")
    yield Figure(name="completions flushed before a kill", value=result.flushed, unit="completions")
    yield Figure(name="trainings that went on from a checkpoint", value=result.resumed, unit="trainings")
    for kind in LOOKED_FOR:
        sentences = result.trial.wrong.get(kind, [])
        yield exactly(f"after kills of rounds: {WRONG[kind]}", len(sentences), 0)


def _new(folder: Path, num_rounds: int) -> Place:
    """A folder in which nothing is built yet."""
    (folder / "dagster").mkdir(parents=True)
    (folder / "dagster" / "dagster.yaml").write_text("telemetry: {enabled: false}")
    text = PROFILE.read_text(encoding="utf-8").replace("number = 2\n", f"number = {num_rounds}\n")
    (folder / PROFILE.name).write_text(text, encoding="utf-8")
    return Place(folder)


def _build(place: Place) -> None:
    """Build what is stale there; for a process of its own, whose environment it sets."""
    os.environ |= QUIET
    os.environ |= {"TRIMTAB_HOME": str(place.state.root), "DAGSTER_HOME": str(place.folder / "dagster")}
    build_pipeline(place.folder / PROFILE.name, place.asked, reply)


def _kill_through(place: Place, num_rounds: int, wanted: int, moments: random.Random, result: Killed) -> None:
    """Kill the build at each moment of each round in turn, and build on; then let it end."""
    places = [(number, moment) for number in range(1, num_rounds + 1) for moment in MOMENTS]
    kept, asked = set[str](), 0
    for number, moment in places[: wanted - result.kills]:
        said, before = place.folder / "said.txt", kept
        child = start(partial(_build, place), said)
        fell = _kill(child, said, f"round_{number:02}/{moment.says}", moments.uniform(0, moment.seconds))
        kept, asked = _look(place, said, kept, asked, result)
        if not fell:
            return
        result.by_moment[moment.name] += 1
        result.flushed += len(kept - before)
    said = place.folder / "said.txt"
    _finish(start(partial(_build, place), said), said)
    _look(place, said, kept, asked, result)


def _kill(child: int, said: Path, sentence: str, seconds: float) -> bool:
    """Kill the process so many seconds after it said the sentence; False where it ended before."""
    while not ended(child):
        if said.exists() and sentence in said.read_text(errors="replace"):
            time.sleep(seconds)
            if ended(child):
                break
            os.kill(child, SIGKILL)
            wait(child)
            return True
        time.sleep(0.005)
    _finish(child, said)
    return False


def _finish(child: int, said: Path) -> None:
    if wait(child) != 0:
        raise RuntimeError(f"rounds were not built:\n{said.read_text()[-3000:]}")


def _look(place: Place, said: Path, kept: set[str], asked: int, result: Killed) -> tuple[set[str], int]:
    """Note which of the ``kept`` completions were asked for again; what is kept by now, and was asked."""
    keys = place.asked.read_text().split() if place.asked.exists() else []
    result.trial.note("made again", *sorted(kept & set(keys[asked:])))
    result.resumed += said.read_text(errors="replace").count(": resumed from checkpoint")
    return set(answer(partial(stored_keys, place), place.folder / "keys.txt")), len(keys)
