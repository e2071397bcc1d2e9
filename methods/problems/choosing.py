"""Choosing training problems by content, so that asking for more keeps those there are."""

from collections.abc import Iterable

from datasets_registry.errors import BadInput
from datasets_registry.hashing import ranked
from datasets_registry.rows.imported import Problem


def choose_problems(
    problems: Iterable[Problem],
    families: tuple[str, ...],
    number: int | None,
    *draw: object,
    what: str,
    remedy: str,
) -> list[Problem]:
    """``number`` training problems of ``families``, in the order of the draw; None takes all.

    Asking for more keeps those there are. Raises BadInput, in the words ``what`` and ``remedy``, where there
    are fewer than wanted.
    """
    usable = {
        problem.problem_id: problem
        for problem in problems
        if problem.split == "train" and (not families or problem.family in families)
    }
    wanted = len(usable) if number is None else number
    if len(usable) < max(wanted, 1):
        raise BadInput(
            f"{wanted} {what} are wanted and {len(usable)} training problems of "
            f"{f'the families {list(families)}' if families else 'all families'} can be used: "
            f"{remedy}, or add problems"
        )
    return [usable[problem_id] for problem_id in ranked(list(usable), *draw)[:wanted]]
