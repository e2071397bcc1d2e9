"""Selection of training problems: usable ones, by content, so that asking for more keeps the others."""

from collections.abc import Iterable

from datasets_registry.errors import BadInput
from datasets_registry.hashing import ranked
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.rft import GoldVerdict
from methods.method import Inputs


def usable_problems(inputs: Inputs) -> list[Problem]:
    """The problems whose own gold answer the verifier accepts; where no verdicts are given, all of them."""
    rejected = {verdict.problem_id for verdict in inputs.rows(GoldVerdict) if not verdict.accepted}
    return [problem for problem in inputs.rows(Problem) if problem.problem_id not in rejected]


def choose_problems(
    problems: Iterable[Problem],
    families: tuple[str, ...],
    number: int | None,
    *seed: object,
    what: str,
    remedy: str,
) -> list[Problem]:
    """``number`` training problems of ``families``, in an order that ``seed`` decides; None takes all.

    Asking for more keeps the others. Raises BadInput, in the words ``what`` and ``remedy``, where there are
    fewer than requested.
    """
    usable = {
        problem.problem_id: problem
        for problem in problems
        if problem.split == "train" and (not families or problem.family in families)
    }
    count = len(usable) if number is None else number
    if len(usable) < max(count, 1):
        raise BadInput(
            f"{count} {what} are requested, but only {len(usable)} training problems of "
            f"{f'the families {list(families)}' if families else 'all families'} can be used: {remedy}, "
            "or add problems"
        )
    return [usable[problem_id] for problem_id in ranked(list(usable), *seed)[:count]]
