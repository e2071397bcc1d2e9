"""Figures of an amplified policy: accuracy beside direct answers by size, and the worth of its labels."""

from collections.abc import Iterator, Sequence

from datasets_registry.rows.oversight.amplified import AmplifiedAnswer, AmplifiedLabel
from datasets_registry.rows.oversight.report import OversightFigure
from quality.judges.measured import share
from quality.oversight.figures import Whose, difference
from quality.oversight.seatings import grouped

Rooted = Sequence[AmplifiedAnswer]
ALL = "all"


def amplified_figures(
    whose: Whose, roots: Rooted, labels: Sequence[AmplifiedLabel]
) -> Iterator[OversightFigure]:
    """The figures of all problems and of each size; ``roots`` are the problems' own questions."""
    yield from _of_size(whose, ALL, roots, labels)
    sizes = grouped(roots, _size)
    for size in sorted(sizes):
        yield from _of_size(whose, size, sizes[size], [label for label in labels if _size(label) == size])
    failures = grouped((root for root in roots if root.failure), lambda root: root.failure or "")
    for reason in sorted(failures):
        hits = [(root.split_group, root.failure == reason) for root in roots]
        says = f"{len(failures[reason])} of {len(roots)} problems: {reason}"
        yield whose.figure(share("void_share", hits), reason, says=says)


def _of_size(
    whose: Whose, size: str, roots: Rooted, labels: Sequence[AmplifiedLabel]
) -> Iterator[OversightFigure]:
    """Right answers of the tree and direct ones, what the tree adds, and labels kept and right.

    A problem without an answer counts as not right; ``num_missing`` says how many there are.
    """
    known = [root for root in roots if root.correct is not None and root.direct_correct is not None]
    void = sum(root.answer is None for root in roots)
    amplified = [(root.split_group, root.correct is True) for root in known]
    direct = [(root.split_group, root.direct_correct is True) for root in known]
    gain = [
        (group, float(ours) - float(theirs))
        for (group, ours), (_, theirs) in zip(amplified, direct, strict=True)
    ]
    yield whose.figure(share("amplified_accuracy", amplified), size, num_missing=void)
    yield whose.figure(share("direct_accuracy", direct), size, says="as many votes on the problem itself")
    yield whose.figure(difference("gain", gain), size, says="amplified less direct, on the same problems")
    right = [(label.split_group, label.agrees) for label in labels if label.agrees is not None]
    kept = {label.problem_id for label in labels}
    yields = [(root.split_group, root.problem_id in kept) for root in roots]
    yield whose.figure(share("label_precision", right), size, says="labels that are gold")
    yield whose.figure(share("label_yield", yields), size, says="problems whose answer is a label")


def _size(row: AmplifiedAnswer | AmplifiedLabel) -> str:
    return " ".join(str(part) for part in (row.family, row.difficulty) if part is not None) or "any"
