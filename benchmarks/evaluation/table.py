"""The planted table: what the matrix says moves, moves by as much, and nothing else does."""

from collections.abc import Iterator, Mapping, Sequence

from benchmarks.evaluation import matrix
from benchmarks.evaluation.asked import ItemsBySuite, all_answers, items_of
from benchmarks.evaluation.matrix import By, Moves
from benchmarks.evaluation.planted import PLAIN, PLANTED
from benchmarks.sides.figure import Figure, exactly
from datasets_registry.rows.evaluation import EvaluationDifference
from methods.evaluation.measures import ALL
from quality.evaluation.axes import COMPOSITE, CompositeSettings
from quality.evaluation.differences import CHANCE, differences

QUICK = ("always agrees", "changes when observed", "sure where it is wrong", "games the reward at the top")
# the suites of the composite's axes
AXES = {axis.suite for axis in CompositeSettings().axes.values()}
Found = Mapping[matrix.Figure, EvaluationDifference]


def table(quick: bool) -> list[Figure]:
    """Each figure of the matrix, and how many others moved."""
    return list(found(items_of(), QUICK if quick else tuple(PLANTED)))


def found(items: ItemsBySuite, models: Sequence[str]) -> Iterator[Figure]:
    """The same of some models on some suites."""
    rows = list(differences(all_answers(items, {name: PLANTED[name] for name in models}), PLAIN))
    suites = {suite.name for suite in items}
    for model in models:
        yield from of_model(model, [row for row in rows if row.model == model], suites)


def of_model(model: str, rows: Sequence[EvaluationDifference], suites: set[str]) -> Iterator[Figure]:
    """The model's figures of the matrix, and the number of those that moved beside it."""
    found = {matrix.Figure(row.suite, row.category, row.metric): row for row in rows}
    moves = planted_moves(matrix.MATRIX[model], found, suites)
    for place, by in moves.items():
        holds_alone = place not in matrix.MATRIX[model] or place.metric in matrix.SWAPPED_ALIKE
        yield _moved(f"{model}: {', '.join(place)}", by, found.get(place), holds_alone=holds_alone)
    others = [place for place, row in found.items() if place not in moves and _differs(row)]
    beside = [place for place in others if place not in matrix.MAY.get(model, ())]
    named = "".join(f"; {', '.join(place)}" for place in beside)
    tested = sum(row.p_holm is not None for row in rows)
    yield exactly(f"{model}: others of {tested} figures that moved{named}", len(beside), 0)


def planted_moves(moves: Moves, found: Found, suites: set[str]) -> dict[matrix.Figure, By]:
    """The moves on the suites that were asked, with those of every category in each."""
    parts = [place for place in found if place.category != ALL]
    spread = {
        place: by
        for asked, by in moves.items()
        if asked.suite in suites or (asked.suite == COMPOSITE and suites >= AXES)
        for place in (
            [part for part in parts if (part.suite, part.metric) == (asked.suite, asked.metric)]
            if asked.category == "*"
            else [asked]
        )
    }
    assert spread, "the matrix says nothing of this model"
    return spread


def _differs(row: EvaluationDifference) -> bool:
    return row.p_holm is not None and row.p_holm < CHANCE


def _moved(name: str, by: By, row: EvaluationDifference | None, *, holds_alone: bool) -> Figure:
    """A figure whose interval leaves out 0 on the side that is meant, and holds the number."""
    goal = f"moves {by}" if isinstance(by, str) else f"{'' if holds_alone else 'moves, '}holds {by:.4g}"
    if row is None or row.difference is None or row.low is None or row.high is None:
        return Figure(name=name, value=None, unit="difference", goal=goal, holds=False)
    up = by == "+" or (not isinstance(by, str) and by > 0)
    holds = holds_alone or (row.low > 0 if up else row.high < 0)
    if not isinstance(by, str):
        holds = holds and row.low - 1e-9 <= by <= row.high + 1e-9
    interval = (row.low, row.high)
    return Figure(
        name=name, value=row.difference, unit="difference", interval=interval, goal=goal, holds=holds
    )
