"""Samples of a scripted policy: with and without a stopping rule, and at the size of a real run."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.sides.alone import peak_megabytes
from benchmarks.sides.lab import MATHS
from datasets_registry.hashing import derive_seed
from datasets_registry.registry import Registry
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.rft import Candidate
from datasets_registry.state import State
from datasets_registry.version import Derivation
from generation.completer import Completer
from generation.ledger.ledger import Ledger
from generation.request import Completion, Request
from generation.scripted import ScriptedBackend, completing
from methods.problems.families import FamilySettings, ProblemSettings, make_problems
from methods.rft.candidates import CandidateSettings
from methods.rft.sampling import sample_candidates, sample_tables
from methods.rft.stopping import StoppingRule
from methods.rft.verified_pairs import VerifiedPairSettings, verified_pairs
from methods.verifiers.verifier import verifier
from quality.auditing.publishing import publish


@dataclass(frozen=True)
class Mined:
    """What the rule samples and finds, as shares of a fixed number of samples."""

    samples_share: float
    pairs_share: float


@dataclass(frozen=True)
class Pipeline:
    """How quick and how large one run was; the time that the backend took is left out."""

    num_rows: int
    rows_per_second: float
    megabytes: float


def sums(number: int) -> list[Problem]:
    """Training problems in the order of ids, and one that is held out."""
    family = FamilySettings(
        family="sums", train=number, evaluation=1, greatest=99, sizes=(3, 4, 5), style="symbols"
    )
    problems = make_problems(ProblemSettings(families=(family,)))
    return sorted(problems, key=lambda problem: problem.problem_id)


def _training(problems: Sequence[Problem]) -> list[Problem]:
    return [problem for problem in problems if problem.split == "train"]


def mined(number: int, rate: float, most: int) -> Mined:
    """Pairs of right and wrong by ``mixed``, one sample at a time, against ``most`` samples a problem."""

    def script(request: Request) -> str:
        right = derive_seed(request.noise_key) / 2**63 < rate
        return _solution(request.messages[-1].content, not right)

    def drawn(rule: StoppingRule) -> list[Candidate]:
        settings = CandidateSettings(rule=rule)
        rows = sample_candidates(problems, completing(script), "m", "scripted", verifier(MATHS), settings)
        return sorted(rows, key=lambda row: row.problem_id)

    problems = _training(sums(number))
    stopped, fixed = (
        drawn(StoppingRule(until=until, max_draws=most, chunks=(1,))) for until in ("mixed", "fixed")
    )
    pairs = [len(list(verified_pairs(rows, VerifiedPairSettings()))) for rows in (stopped, fixed)]
    return Mined(len(stopped) / len(fixed), pairs[0] / max(pairs[1], 1))


def _solution(prompt: str, wrong: int) -> str:
    """The written solution of a sum, its last result too high by ``wrong``."""
    numbers = [int(part) for part in prompt.removesuffix("=?").split("+")]
    total, lines = numbers[0], []
    for place, number in enumerate(numbers[1:], start=2):
        result = total + number + (wrong if place == len(numbers) else 0)
        lines.append(f"{total}+{number}={result}")
        total = result
    return "\n".join([*lines, f"A:{total}"])


class Timed(ScriptedBackend):
    """A backend that keeps the time that it takes."""

    seconds = 0.0

    def complete(self, requests: Sequence[Request]) -> Iterator[tuple[int, Completion]]:
        """A right or a slightly wrong solution, by the sample."""
        start = time.perf_counter()
        completions = [
            Completion(
                text=_solution(request.messages[-1].content, request.sample % 3),
                finish_reason="stop",
                num_prompt_tokens=12,
                num_completion_tokens=24,
            )
            for request in requests
        ]
        self.seconds += time.perf_counter() - start
        return iter(enumerate(completions))


def pipeline(folder: Path, number: int, samples: int) -> Pipeline:
    """Requests, ledger, verdicts, rows, Parquet and checks, until the version has passed."""
    registry = Registry(State(folder).prepare())
    problems = sums(number)
    source = publish(registry, Problem, problems, Derivation(code_version="1", settings={}, inputs=()))
    backend = Timed(lambda request: "")
    complete = Completer(backend, Ledger(registry.state.ledger), asset="candidates", report=lambda line: None)
    settings = CandidateSettings(rule=StoppingRule(max_draws=samples))
    start = time.perf_counter()
    rows = sample_tables(
        _training(problems), complete, backend.fingerprint, "scripted", verifier(MATHS), settings
    )
    how = Derivation(code_version="1", settings={}, inputs=(source,))
    version = publish(registry, Candidate, rows, how)
    taken = time.perf_counter() - start - backend.seconds
    assert version.status == "passed" and version.num_rows is not None
    return Pipeline(version.num_rows, version.num_rows / taken, peak_megabytes())
