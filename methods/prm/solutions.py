"""Solutions to label step by step, chosen from candidates that are drawn already."""

from collections.abc import Sequence

from pydantic import Field

from datasets_registry.hashing import content_id, ranked
from datasets_registry.rows.prm import Solution
from datasets_registry.rows.rft import Candidate
from datasets_registry.settings import Settings
from methods.method import Inputs, Method, Models
from methods.prm.splitting import Split, Splitter, split


class SolutionSettings(Settings):
    """How many distinct solutions of a problem are taken, and how they are split.

    ``balanced`` takes right and wrong ones in turn, as long as there are both. ``skip_decided`` leaves out
    problems whose candidates all are right, or all wrong (Luo et al. 2024, arXiv 2406.06592, §3.4).
    """

    per_problem: int = Field(4, ge=1)
    balanced: bool = True
    skip_decided: bool = True
    splitter: Splitter = "lines"
    seed: int = 0


def make_solutions(inputs: Inputs, models: Models, settings: SolutionSettings) -> list[Solution]:
    """Solutions out of ``candidates``, split into steps."""
    return choose_solutions(inputs.rows(Candidate), settings)


SOLUTIONS = Method(make_solutions, SolutionSettings, Solution)


def choose_solutions(candidates: Sequence[Candidate], settings: SolutionSettings) -> list[Solution]:
    """At most ``per_problem`` solutions of each problem, drawn by their content, in the order of ids.

    Candidates that saw a hint are left out. As many again may be rows with a failure: what was cut off,
    did not come, or cannot be split says so and is never labelled.
    """
    by_problem: dict[str, list[Candidate]] = {}
    for one in candidates:
        if not one.hinted:
            by_problem.setdefault(one.problem_id, []).append(one)
    chosen = [row for group in by_problem.values() for row in _of_problem(group, settings)]
    return sorted(chosen, key=lambda one: one.solution_id)


def _of_problem(group: Sequence[Candidate], settings: SolutionSettings) -> list[Solution]:
    verdicts = [one.accepted for one in group if one.accepted is not None]
    pass_rate = sum(verdicts) / len(verdicts) if verdicts else None
    if settings.skip_decided and pass_rate in (None, 0.0, 1.0):
        return []
    # equal completions are one solution, whoever drew it first
    first = sorted(group, key=lambda one: (one.policy, one.sample), reverse=True)
    distinct = {one.completion: one for one in first}
    rows = {one.solution_id: one for one in (_row(each, pass_rate, settings) for each in distinct.values())}
    order = [rows[one] for one in ranked(list(rows), settings.seed)]
    usable = [one for one in order if one.failure is None]
    failed = [one for one in order if one.failure is not None]
    return [*_drawn(usable, settings), *failed[: settings.per_problem]]


def _drawn(order: Sequence[Solution], settings: SolutionSettings) -> list[Solution]:
    if not settings.balanced:
        return list(order[: settings.per_problem])
    # a solution's place among those of its verdict; wrong ones first, since they have more to say
    places: dict[str, tuple[int, bool]] = {}
    for verdict in (False, True):
        same = [one for one in order if one.accepted is verdict]
        places |= {one.solution_id: (place, verdict) for place, one in enumerate(same)}
    return sorted(order, key=lambda one: places[one.solution_id])[: settings.per_problem]


def _row(one: Candidate, pass_rate: float | None, settings: SolutionSettings) -> Solution:
    parts = split(one.completion, settings.splitter)
    return Solution(
        solution_id=content_id(one.problem_id, one.completion),
        problem_id=one.problem_id,
        prompt=one.prompt,
        answer=one.answer,
        family=one.family,
        difficulty=one.difficulty,
        split_group=one.split_group,
        completion=one.completion,
        completions=list(parts.steps),
        separator=parts.separator,
        splitter=settings.splitter,
        accepted=one.accepted,
        reason=one.reason,
        policy=one.policy,
        pass_rate=pass_rate,
        finish_reason=one.finish_reason,
        num_tokens=one.num_tokens,
        failure=_failure(one, parts),
        completion_key=one.completion_key,
    )


def _failure(one: Candidate, parts: Split) -> str | None:
    if one.finish_reason == "error" or one.accepted is None:
        return one.reason or "no completion"
    return "truncated" if one.finish_reason == "length" else parts.failure
