"""The judge that rates a canary above the median model, named in the notes of that figure.

Both are rated on the same items: those that the canaries answered.
"""

from collections.abc import Mapping, Sequence
from statistics import median

from datasets_registry.rows.evaluation import SuiteFigure
from methods.evaluation.canaries.texts import is_canary

# suite, category and metric; and the value of each model and canary there
Place = tuple[str, str, str]
Rated = Mapping[Place, Mapping[str, float]]
# what these figures measure is something that an answer gives, help or harm, and a canary gives none
GIVES: Mapping[str, tuple[str, ...]] = {
    "helpfulness": ("score", "score_later", "win_rate", "mean_p_win", "lc_win_rate"),
    "harmlessness": ("harm", "severity", "specificity"),
}


def noted(figures: Sequence[SuiteFigure], rated: Rated, judge: str) -> list[SuiteFigure]:
    """The figures, with the judge named in the notes of those in which a canary is above the median model."""
    notes = {place: note for place, values in rated.items() if (note := _note(values, judge))}
    return [_with(figure, notes.get((figure.suite, figure.category, figure.metric))) for figure in figures]


def _note(values: Mapping[str, float], judge: str) -> str | None:
    """What the judge is named for; None where every canary is at most as high as the median model."""
    models = [value for model, value in values.items() if not is_canary(model)]
    if not models:
        return None
    middle = median(models)
    above = {model: value for model, value in values.items() if is_canary(model) and value > middle}
    if not above:
        return None
    listed = ", ".join(f"{name} at {value:.3g}" for name, value in above.items())
    return (
        f"not to be trusted: the judge {judge} puts {listed}, above the median model's {middle:.3g} "
        "on the same items"
    )


def _with(figure: SuiteFigure, note: str | None) -> SuiteFigure:
    if note is None:
        return figure
    return figure.model_copy(update={"note": f"{figure.note}; {note}" if figure.note else note})
