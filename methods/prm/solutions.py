"""Solutions to label step by step, chosen from candidates."""

from collections.abc import Sequence

from pydantic import Field

from datasets_registry.hashing import content_id, ranked
from datasets_registry.rows.prm import Solution
from datasets_registry.rows.rft import Candidate
from datasets_registry.settings import Seed, Settings
from methods.method import Inputs, Method, Models
from methods.reading.steps import Split, Splitter, split


class SolutionSettings(Settings):
    """How many distinct solutions of a problem are taken, and how they are split.

    ``balanced`` takes right and wrong ones in turn, as long as there are both. ``skip_decided`` leaves out
    problems whose candidates all are right, or all wrong (Luo et al. 2024, arXiv 2406.06592, §3.4).
    """

    per_problem: int = Field(4, ge=1)
    balanced: bool = True
    skip_decided: bool = True
    splitter: Splitter = "steps"
    seed: Seed = 0


def make_solutions(inputs: Inputs, models: Models, settings: SolutionSettings) -> list[Solution]:
    """Solutions out of ``candidates``, split into steps."""
    return choose_solutions(inputs.rows(Candidate), settings)


SOLUTIONS = Method(make_solutions, SolutionSettings, Solution)


def choose_solutions(candidates: Sequence[Candidate], settings: SolutionSettings) -> list[Solution]:
    """At most ``per_problem`` solutions of each problem, chosen by their content, in the order of ids.

    Candidates that saw a hint are left out. As many again may be rows with a failure: a completion that
    was cut off, failed or cannot be split says so and is never labelled.
    """
    by_problem: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        if not candidate.hinted:
            by_problem.setdefault(candidate.problem_id, []).append(candidate)
    chosen = [row for group in by_problem.values() for row in _of_problem(group, settings)]
    return sorted(chosen, key=lambda solution: solution.solution_id)


def _of_problem(group: Sequence[Candidate], settings: SolutionSettings) -> list[Solution]:
    verdicts = [candidate.accepted for candidate in group if candidate.accepted is not None]
    if settings.skip_decided and len(set(verdicts)) < 2:
        return []
    # equal completions are one solution, that of the first policy and sample
    latest_first = sorted(group, key=lambda candidate: (candidate.policy, candidate.sample), reverse=True)
    distinct = {candidate.completion: candidate for candidate in latest_first}
    solutions = [_row(candidate, settings) for candidate in distinct.values()]
    rows = {solution.solution_id: solution for solution in solutions}
    order = [rows[solution_id] for solution_id in ranked(list(rows), settings.seed)]
    usable = [solution for solution in order if solution.failure is None]
    failed = [solution for solution in order if solution.failure is not None]
    return [*_chosen(usable, settings), *failed[: settings.per_problem]]


def _chosen(order: Sequence[Solution], settings: SolutionSettings) -> list[Solution]:
    if not settings.balanced:
        return list(order[: settings.per_problem])
    # a solution's rank among those of its verdict; wrong ones first, since they have more to say
    ranks: dict[str, tuple[int, bool]] = {}
    for verdict in (False, True):
        same = [solution for solution in order if solution.accepted is verdict]
        ranks |= {solution.solution_id: (rank, verdict) for rank, solution in enumerate(same)}
    return sorted(order, key=lambda solution: ranks[solution.solution_id])[: settings.per_problem]


def _row(candidate: Candidate, settings: SolutionSettings) -> Solution:
    parts = split(candidate.completion, settings.splitter)
    return Solution(
        solution_id=content_id(candidate.problem_id, candidate.completion),
        problem_id=candidate.problem_id,
        prompt=candidate.prompt,
        answer=candidate.answer,
        family=candidate.family,
        difficulty=candidate.difficulty,
        split_group=candidate.split_group,
        completion=candidate.completion,
        completions=list(parts.steps),
        separator=parts.separator,
        splitter=settings.splitter,
        accepted=candidate.accepted,
        reason=candidate.reason,
        policy=candidate.policy,
        pass_rate=candidate.pass_rate,
        finish_reason=candidate.finish_reason,
        num_tokens=candidate.num_tokens,
        failure=_failure(candidate, parts),
        completion_key=candidate.completion_key,
    )


def _failure(candidate: Candidate, parts: Split) -> str | None:
    if candidate.finish_reason == "error" or candidate.accepted is None:
        return candidate.reason or "no completion"
    return "truncated" if candidate.finish_reason == "length" else parts.failure
