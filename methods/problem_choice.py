"""Which training problems are used, where not all are: some families, and so many drawn by content."""

from collections.abc import Iterable

from datasets_registry.errors import BadInput
from datasets_registry.hashing import ranked
from datasets_registry.rows.imported import Problem


def choose_problems(
    problems: Iterable[Problem], families: tuple[str, ...], number: int | None, *draw: object, what: str,
    remedy: str,
) -> list[Problem]:  # fmt: skip
    """``number`` training problems of ``families``, in the order of the draw; None takes all.

    Asking for more keeps those there are. Raises BadInput, in the words ``what`` and ``remedy``, where there
    are fewer than wanted.
    """
    found = {
        one.problem_id: one for one in problems
        if one.split == "train" and (not families or one.family in families)
    }  # fmt: skip
    wanted = len(found) if number is None else number
    if len(found) < max(wanted, 1):
        raise BadInput(
            f"{wanted} {what} are wanted and {len(found)} training problems of the families "
            f"{list(families) or 'given'} can be used: {remedy}, or add problems"
        )
    return [found[one] for one in ranked(list(found), *draw)[:wanted]]
