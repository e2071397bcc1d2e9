"""How well a process reward model tells right steps from wrong ones."""

from collections.abc import Sequence

THRESHOLD = 0.5


def step_figures(
    scores: Sequence[Sequence[float]], labels: Sequence[Sequence[bool | None]]
) -> dict[str, float]:
    """Accuracy over labelled steps, over each label by itself, and by the step's number from 1.

    A step is called right where its score exceeds one half. Balanced accuracy is the mean of both
    labels' accuracies, and left out where one of them does not occur.
    """
    found = [
        (number, label, (score > THRESHOLD) == label)
        for row, wanted in zip(scores, labels, strict=True)
        for number, (score, label) in enumerate(zip(row, wanted, strict=True), start=1)
        if label is not None
    ]
    if not found:
        return {}
    sides = [[hit for _, label, hit in found if label is side] for side in (True, False)]
    figures = {"num_steps": float(len(found)), "share_right": len(sides[0]) / len(found)}
    figures["accuracy"] = _share([hit for *_, hit in found])
    if all(sides):
        figures["balanced_accuracy"] = sum(_share(one) for one in sides) / 2
    for number in sorted({one for one, *_ in found}):
        figures[f"accuracy_step_{number}"] = _share([hit for one, _, hit in found if one == number])
    return figures


def _share(hits: Sequence[bool]) -> float:
    return sum(hits) / len(hits)
