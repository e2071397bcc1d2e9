"""The most memory that judging and scoring take, of ten thousand pairs and of two hundred thousand."""

import tempfile
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, cast

from benchmarks.sides.alone import alone, peak_megabytes
from benchmarks.sides.figure import Figure, at_most
from datasets_registry.rows.rlaif import CompletionPair
from datasets_registry.rows.row import Row
from generation.completer import Completer
from generation.ledger.ledger import Ledger
from generation.request import Completion, Request
from generation.scripted import ScriptedBackend, chosen
from methods.judging.score import SCORES
from methods.rlaif.judgements import JudgedPrinciple, JudgementSettings, make_judgements
from methods.rlaif.scores import CompletionScoreSettings, make_scores
from tests.methods.graphless import MemoryInputs, ModelsByRole, ScriptedModel

SIZES, QUICK_SIZES = (10_000, 200_000), (4_200, 8_400)
GROWTH = 1.2
R = TypeVar("R", bound=Row)
PRINCIPLE = JudgedPrinciple(signal="helpfulness", preference_question="Which answer helps more?")
FIRST, MIDDLING = chosen(0.6, 0.3), chosen(*[0.1] * len(SCORES))
# a completion of a thousand characters
PROSE = "The answer is longer than a word. " * 30


@dataclass(frozen=True)
class ManyPairs(MemoryInputs):
    """Pairs that are made as they are read."""

    num_pairs: int = 0

    def stream(self, row: type[R], role: str | None = None) -> Iterator[R]:
        """Each pair, in the order of keys."""
        return cast(Iterator[R], map(pair, range(self.num_pairs)))


class Forgetful(ScriptedBackend):
    """A script that keeps none of what it was asked."""

    def complete(self, requests: Sequence[Request]) -> Iterator[tuple[int, Completion]]:
        """The scripted completions."""
        yield from super().complete(requests)
        self.requests.clear()


class Fed(Forgetful):
    """The same, which takes more while it answers."""

    def complete_fed(
        self, requests: Sequence[Request], more: Callable[[], Sequence[Request]]
    ) -> Iterator[tuple[int, Completion]]:
        """Answers in the order of the requests."""
        number, waiting = 0, deque(requests)
        while waiting:
            ((_, completion),) = self.complete([waiting.popleft()])
            yield number, completion
            number += 1
            waiting.extend(more())


@dataclass(frozen=True)
class Judge(ScriptedModel):
    """A judge that likes what it sees first, and of scores the one in the middle."""

    backend: type[ScriptedBackend] = Forgetful

    @contextmanager
    def completer(self) -> Iterator[Completer]:
        """The script behind the ledger."""
        backend = self.backend(lambda asked: MIDDLING if asked.choices == SCORES else FIRST)
        yield Completer(backend, Ledger(self.folder), asset="judging", report=lambda line: None)


def pair(number: int) -> CompletionPair:
    """Two completions that no other pair has."""
    name = f"{number:08d}"
    return CompletionPair(
        pair_id=name,
        prompt_id=name,
        prompt=f"Question {name}",
        history=[],
        kind="helpful",
        category="task",
        split_group=name,
        completion_a=f"a {name} {PROSE}",
        completion_b=f"b {name} {PROSE}",
        sample_a=0,
        sample_b=1,
        finish_reason_a="stop",
        finish_reason_b="stop",
        score_a=None,
        score_b=None,
        failure=None,
        key_a=f"a {name}",
        key_b=f"b {name}",
    )


def judged(folder: Path, num_pairs: int) -> float:
    """Peak megabytes of judging so many pairs in both orders."""
    settings = JudgementSettings(principles={"helps": PRINCIPLE}, signals={"helpful": ("helpfulness",)})
    inputs = ManyPairs(num_pairs=num_pairs)
    models = ModelsByRole({"judges": [Judge("judge", folder)]})
    rows = Counter(row.order for row in make_judgements(inputs, models, settings))
    assert rows == {"ab": num_pairs, "ba": num_pairs}
    return peak_megabytes()


def scored(folder: Path, num_pairs: int) -> float:
    """Peak megabytes of scoring both completions of so many pairs, in a stream."""
    settings = CompletionScoreSettings(signals={"helpful": ("helpfulness",)}, ten_is_one_token=True)
    models = ModelsByRole({"judge": [Judge("judge", folder, backend=Fed)]})
    number = sum(1 for row in make_scores(ManyPairs(num_pairs=num_pairs), models, settings) if row.score)
    assert number == 2 * num_pairs
    return peak_megabytes()


def measure(quick: bool) -> Iterator[Figure]:
    """Peak memory of each size of each work, and their ratio."""
    for work, name in ((judged, "judged"), (scored, "scored in a stream")):
        peaks = []
        for num_pairs in QUICK_SIZES if quick else SIZES:
            with tempfile.TemporaryDirectory(prefix="trimtab-judging-") as folder:
                peaks.append(alone(work, Path(folder), num_pairs))
            yield Figure(name=f"{num_pairs:,} pairs {name}: peak memory", value=peaks[-1], unit="MB")
        yield at_most(f"pairs {name}: most / fewest", peaks[-1] / peaks[0], "ratio", GROWTH)
