"""A line of rounds up to a verdict: each round with its watch, its verdict and what it was made from."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from datasets_registry.rows.rounds.verdict import Verdict
from datasets_registry.rows.rounds.watch import RoundWatch
from datasets_registry.rows.row import Row
from datasets_registry.rows.types import rows_of
from datasets_registry.version import Version

# a version of a round, and where its rows are those of the round itself
_ROUND = "/round_"


@dataclass(frozen=True)
class RoundShown:
    """A round: ``made_from`` are its datasets and models, ``released`` is what its verdict released."""

    number: int
    watched: Version | None
    judged: Version | None
    verdict: Verdict | None
    made_from: Sequence[Version]
    released: Version | None

    @property
    def state(self) -> str:
        """Whether it was healthy, stopped the line, lies behind a stop, or has no verdict yet."""
        if self.verdict is None:
            return "undecided"
        if self.verdict.verdict == "go_on":
            return "healthy"
        return "stopped" if self.verdict.stopped_in in (None, self.number) else "not begun"


@dataclass(frozen=True)
class FigureOverRounds:
    """A figure of the watch, by round."""

    concern: str
    figure: str
    family: str
    rows: Mapping[int, RoundWatch]

    @property
    def name(self) -> str:
        """The figure, with its family where there are several."""
        return self.figure if self.family == "all" else f"{self.figure}, {self.family}"

    @property
    def is_measured(self) -> bool:
        """Whether any round has it."""
        return any(row.change is not None for row in self.rows.values())

    @property
    def bounds(self) -> Mapping[str, Sequence[int]]:
        """What bounds hold of it, with the rounds that had them."""
        held: dict[str, list[int]] = {}
        for number, row in self.rows.items():
            held.setdefault("; ".join(_bounds(row)), []).append(number)
        return held

    @property
    def notes(self) -> Mapping[str, Sequence[int]]:
        """What was said of it where it was not within its bounds, with the rounds."""
        said: dict[str, list[int]] = {}
        for number, row in self.rows.items():
            if row.outcome != "ok":
                said.setdefault(row.note, []).append(number)
        return said


@dataclass(frozen=True)
class LineShown:
    """A line of rounds; ``later`` is the verdict of its last round, where the line went on."""

    name: str
    rounds: Sequence[RoundShown]
    figures: Sequence[FigureOverRounds]
    later: Version | None


def line_of(registry: Registry, version: Version) -> LineShown:
    """The rounds up to a verdict, or to that of a watch, by exactly the versions that it was made from.

    Raises BadInput for a version that is neither.
    """
    if not _holds(version, Verdict) and not _holds(version, RoundWatch):
        raise BadInput(
            f"{version} is neither a verdict nor a watch of rounds: look at /version/{version}, or open "
            "/rounds/NAME/round_01/verdict of a line NAME"
        )
    judged = _own_verdict(registry, version)
    last = judged or version
    inputs = [each for each in registry.derivation(last).inputs if registry.is_whole(each)]
    versions = [*inputs, last]
    verdicts = {
        row.round: (each, row)
        for each in versions
        if _holds(each, Verdict)
        for row in registry.rows(Verdict, each)
    }
    watches = [(each, registry.rows(RoundWatch, each)) for each in versions if _holds(each, RoundWatch)]
    watched = {row.round: each for each, rows in watches for row in rows}
    rounds = [
        _round(registry, number, watched.get(number), *verdicts.get(number, (None, None)))
        for number in sorted({*verdicts, *watched})
    ]
    return LineShown(
        version.name.partition(_ROUND)[0],
        rounds,
        list(_figures([row for _, rows in watches for row in rows])),
        _later(registry, last),
    )


def _own_verdict(registry: Registry, version: Version) -> Version | None:
    """The verdict on the watch's own round, which is the first that was made from it."""
    if _holds(version, Verdict):
        return version
    verdicts = [each for each in registry.built_from(version) if _holds(each, Verdict)]
    own = version.name.removesuffix(RoundWatch.dataset) + Verdict.dataset
    return max((each for each in verdicts if each.name == own), key=_made, default=None)


def _later(registry: Registry, last: Version) -> Version | None:
    """The newest verdict that was made from this one."""
    later = [each for each in registry.built_from(last) if _holds(each, Verdict) and each.name != last.name]
    return max(later, key=_made, default=None)


def _round(
    registry: Registry,
    number: int,
    watched: Version | None,
    judged: Version | None,
    verdict: Verdict | None,
) -> RoundShown:
    inputs = registry.derivation(watched).inputs if watched else ()
    # what earlier rounds were is shown with them
    own = [each for each in inputs if not _holds(each, RoundWatch) and not _holds(each, Verdict)]
    return RoundShown(number, watched, judged, verdict, own, _released(registry, judged))


def _released(registry: Registry, judged: Version | None) -> Version | None:
    if judged is None:
        return None
    name = judged.name.removesuffix(Verdict.dataset) + "released"
    models = [each for each in registry.built_from(judged) if each.kind == "model" and each.name == name]
    return max(models, key=_made, default=None)


def _figures(rows: Sequence[RoundWatch]) -> Iterator[FigureOverRounds]:
    held: dict[tuple[str, str, str], dict[int, RoundWatch]] = {}
    for row in sorted(rows, key=lambda row: row.round):
        held.setdefault((row.concern, row.figure, row.family), {})[row.round] = row
    for (concern, figure, family), by_round in sorted(held.items()):
        yield FigureOverRounds(concern, figure, family, by_round)


def _bounds(row: RoundWatch) -> Iterator[str]:
    limits = {
        "warns below": row.warn_below,
        "warns above": row.warn_above,
        "stops below": row.stop_below,
        "stops above": row.stop_above,
    }
    for words, limit in limits.items():
        if limit is not None:
            yield f"{words} {moved(limit, row.scale)}"


def moved(change: float, scale: str) -> str:
    """A change, or a bound of it, as people read it on its scale."""
    if scale == "relative":
        return f"{change:+.1%}"
    return f"{change:.3g}" if scale == "value" else f"{change:+.3g}"


def _holds(version: Version, row: type[Row]) -> bool:
    return version.kind == "dataset" and rows_of(version) == row.dataset


def _made(version: Version) -> str:
    return version.created_at
