"""How busy a simulated fleet is while it samples by rule, and while it judges: as a stream, and in rounds."""

import heapq
import math
import random
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks.sides.figure import Figure, repeated
from datasets_registry.hashing import derive_seed, digest
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.rft import Candidate
from generation.completer import Completer
from generation.ledger.ledger import Ledger
from generation.request import Completion, Message, Request
from generation.scripted import chosen
from generation.streaming.flow import in_order
from methods.judging.comparison import Answer, Comparison, ComparisonSettings, asking
from methods.rft import sampling
from methods.rft.sampling import SampleSettings, sample_candidates
from methods.rft.stopping import StoppingRule
from methods.verifiers.contract import Verification

# lengths of a log-normal: half above 180 tokens, one of a hundred above 1,150
MEDIAN_TOKENS, SPREAD, MOST_TOKENS = 180, 0.8, 2_048
SIZES, QUICK_SIZES = (8, 64), (8,)
SLOTS = 16
# problems by the slot: two under way at a time, of so many in all
UNDER_WAY, PROBLEMS, QUICK_PROBLEMS = 2, 32, 12
RULE = StoppingRule(until="mixed", max_draws=12)
GOAL = ">= 0.9"
# comparisons by the slot, of which the last to end weighs less the more there are
COMPARISONS, REASONED = 64, ComparisonSettings(reasoning_tokens=MOST_TOKENS)


class Rounds:
    """Replicas of ``SLOTS`` slots: a slot draws a token per unit of time, and its time is simulated."""

    name = "fleet"
    fingerprint = digest("fleet")

    def __init__(self, num_slots: int) -> None:
        self.num_slots, self.now, self.busy = num_slots, 0.0, 0.0

    def complete(self, requests: Sequence[Request]) -> Iterator[tuple[int, Completion]]:
        """Answers as they finish, shortest first."""
        return self._run(requests, list)

    def close(self) -> None:
        """Nothing is held."""

    def _run(
        self, requests: Sequence[Request], more: Callable[[], Sequence[Request]]
    ) -> Iterator[tuple[int, Completion]]:
        waiting, number = deque(requests), 0
        running: list[tuple[float, int, Completion]] = []
        while waiting or running:
            while waiting and len(running) < self.num_slots:
                answer = answered(waiting.popleft())
                self.busy += answer.num_completion_tokens
                heapq.heappush(running, (self.now + answer.num_completion_tokens, number, answer))
                number += 1
            self.now, index, answer = heapq.heappop(running)
            yield index, answer
            waiting.extend(more())

    @property
    def share(self) -> float:
        """The share of the fleet's time in which it was busy."""
        return self.busy / (self.now * self.num_slots)


class Fed(Rounds):
    """The same fleet, which takes more while it answers."""

    def complete_fed(
        self, requests: Sequence[Request], more: Callable[[], Sequence[Request]]
    ) -> Iterator[tuple[int, Completion]]:
        """Answers as they finish, while more requests come."""
        return self._run(requests, more)


def answered(request: Request) -> Completion:
    """Right or wrong by the problem's own rate, and as long as real answers are; by its seed alone."""
    rng = random.Random(derive_seed(request.seed, request.messages[-1].content, str(request.sample)))
    rate = random.Random(request.seed).random()
    if request.choices:
        return chosen(rate, 1 - rate).model_copy(update={"num_completion_tokens": 1})
    tokens = min(MOST_TOKENS, max(1, round(rng.lognormvariate(math.log(MEDIAN_TOKENS), SPREAD))))
    text = f"A:{int(rng.random() < rate)}"
    return Completion(text=text, finish_reason="stop", num_prompt_tokens=80, num_completion_tokens=tokens)


def verified(text: str, answer: str) -> Verification:
    """Accepted where the text is the answer."""
    return Verification(accepted=text == answer, extracted=text, reason=None if text == answer else "wrong")


def sampled(fleet: Rounds, num_problems: int) -> list[Candidate]:
    """Candidates of so many problems through a ledger of their own."""
    problems = [
        Problem(
            problem_id=str(number),
            prompt=str(number),
            answer="A:1",
            solution=None,
            split="train",
            split_group=str(number),
            source="simulated",
            licence="CC0-1.0",
        )
        for number in range(num_problems)
    ]
    settings = SampleSettings(rule=RULE)
    with tempfile.TemporaryDirectory(prefix="trimtab-fleet-") as folder:
        complete = Completer(fleet, Ledger(Path(folder)), asset="fleet", report=lambda _: None)
        rows = sample_candidates(problems, complete, fleet.fingerprint, "fleet", verified, settings)
        return sorted(rows, key=lambda row: (row.problem_id, row.sample))


def judged(fleet: Rounds, num_comparisons: int) -> list[Answer]:
    """Answers to so many comparisons, each after its reasoning, in their order."""
    compared = [
        Comparison((Message(role="user", content=str(number)),), f"a {number}", f"b {number}", "Which?")
        for number in range(num_comparisons)
    ]
    with tempfile.TemporaryDirectory(prefix="trimtab-fleet-") as folder:
        complete = Completer(fleet, Ledger(Path(folder)), asset="fleet", report=lambda _: None)
        tasks = (asking(each, fleet.fingerprint, REASONED) for each in compared)
        return list(in_order(complete, "judged", tasks, UNDER_WAY * fleet.num_slots))


def judging(quick: bool) -> Iterator[Figure]:
    """The busy share of a fleet that judges both ways, whose answers are equal and in order."""
    num_slots = SIZES[0] * SLOTS
    number = (QUICK_PROBLEMS if quick else COMPARISONS) * num_slots
    before, now = Rounds(num_slots), Fed(num_slots)
    equal = judged(before, number) == judged(now, number)
    name = f"{SIZES[0]} replicas judge with reasons: busy"
    yield repeated(f"{name}, in rounds", [before.share], "share of time")
    yield repeated(f"{name}, as a stream", [now.share], "share of time", None if quick else GOAL)
    yield repeated("judged: answers equal both ways", [float(equal)], "yes", "== 1")


def measure(quick: bool) -> Iterator[Figure]:
    """The busy share of each size of fleet both ways, whose rows are equal."""
    window = sampling.WINDOW
    for num_replicas in QUICK_SIZES if quick else SIZES:
        num_slots = num_replicas * SLOTS
        before, now = Rounds(num_slots), Fed(num_slots)
        try:
            sampling.WINDOW = UNDER_WAY * num_slots
            number = (QUICK_PROBLEMS if quick else PROBLEMS) * num_slots
            equal = sampled(before, number) == sampled(now, number)
        finally:
            sampling.WINDOW = window
        name = f"{num_replicas} replicas of {SLOTS} slots: busy"
        yield repeated(f"{name}, in rounds", [before.share], "share of time")
        yield repeated(f"{name}, as a stream", [now.share], "share of time", GOAL)
        yield repeated(f"{num_replicas} replicas: rows equal both ways", [float(equal)], "yes", "== 1")
    yield from judging(quick)
