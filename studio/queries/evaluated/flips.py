"""Answers that flipped between two models, a page at a time, with the judge's words for each grade."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import EvaluationItem, SuiteAnswer
from datasets_registry.version import Version
from datasets_registry.views.files import parquet
from datasets_registry.views.scanning import ResultRow, columns, records, scanning
from methods.evaluation.suite import place_of
from quality.evaluation.answered import answered
from quality.evaluation.flips import OF_A_COMPARISON, REFUSALS, Flip, flips
from quality.evaluation.report.flipped import Flipped, flipped
from quality.evaluation.report.places import items_of
from studio.queries.evaluated.together import typed
from studio.queries.rows import options

SHOWN = 20
# answers whose grades differ that are read for one page, and in one go
MOST_READ, AT_ONCE = 2_000, 250
# versions of more answers are not counted as a whole
MOST_COUNTED = 5_000
DIRECTIONS = ("worse", "better", "neither")
PLACE = ("suite", "item_id", "variant", "sample")
# what a flip is read off: a word, or a value of 0 or 1
_GRADES = (
    "list_transform({0}.grades, lambda held: struct_pack(name := held.name, word := held.word,"
    " value := CASE WHEN held.value IN (0, 1) THEN held.value END))"
)


@dataclass(frozen=True)
class FlipsPage:
    """Flips in the order of their items, and where the next page begins; None after the last."""

    flips: Sequence[Flipped]
    after: str | None


class FlipsBetween:
    """The flips of a model's answers against another's."""

    def __init__(self, registry: Registry, answers: Mapping[str, Version]) -> None:
        """The first model is the one that is looked at, the second what it is compared with."""
        self.registry = registry
        self._models, self._versions = list(answers), list(answers.values())
        items = {str(each): each for version in self._versions for each in items_of(registry, version)}
        self._items = [file for version in items.values() for file in registry.files(version)]

    def suites(self) -> Sequence[str]:
        """The suites that the model was asked."""
        return options(self.registry, self._versions[0], "suite")

    def grades(self) -> Sequence[str]:
        """The grades that can flip."""
        words = ", ".join(f"'{word}'" for word in REFUSALS)
        named = f"CASE WHEN held.word IN ({words}) THEN 'refusal' ELSE held.name END"
        names = options(
            self.registry, self._versions[0], f"unnest(list_transform(grades, lambda held: {named}))"
        )
        return [name for name in names if name not in OF_A_COMPARISON]

    def page(self, words: Mapping[str, str], most: int | None = None) -> FlipsPage:
        """At most ``most`` flips behind ``after`` that ``suite``, ``direction`` and ``grade`` let through."""
        shown: list[Flip] = []
        most = SHOWN if most is None else most
        read, place = 0, _place(words.get("after"))
        while read < MOST_READ:
            places = self._differing(place, words.get("suite"), AT_ONCE)
            wanted = [flip for flip in self._flips(places) if _fits(flip, words)]
            shown += wanted[: most - len(shown)]
            if len(shown) == most:
                return FlipsPage(list(map(flipped, shown)), json.dumps(place_of(shown[-1].after)))
            if len(places) < AT_ONCE:
                return FlipsPage(list(map(flipped, shown)), None)
            read, place = read + len(places), [places[-1][name] for name in PLACE]
        return FlipsPage(list(map(flipped, shown)), json.dumps(place))

    def num_fitting(self, words: Mapping[str, str]) -> int:
        """How many flips the words let through; all answers are read for it."""
        return sum(_fits(flip, words) for flip in self._all(words.get("suite")))

    def counts(self) -> Mapping[str, Mapping[str, int]] | None:
        """Flips by suite and direction; None where there are too many answers to count for a page."""
        if any((version.num_rows or 0) > MOST_COUNTED for version in self._versions):
            return None
        counted: dict[str, Counter[str]] = {}
        for flip in self._all(None):
            counted.setdefault(flip.item.suite, Counter())[flip.direction] += 1
        return counted

    def _all(self, suite: str | None) -> Iterator[Flip]:
        place: list[str | int] | None = None
        while True:
            places = self._differing(place, suite, AT_ONCE)
            yield from self._flips(places)
            if len(places) < AT_ONCE:
                return
            place = [places[-1][name] for name in PLACE]

    def _differing(self, after: Sequence[str | int] | None, suite: str | None, most: int) -> list[ResultRow]:
        """Where both answered and are graded otherwise, in order; not all of it are flips."""
        ours, theirs = (parquet(self.registry.files(version)) for version in self._versions)
        conditions = ["ours.model = ?", "theirs.model = ?", "ours.failure IS NULL", "theirs.failure IS NULL"]
        values: list[object] = [*self._models]
        conditions.append(f"{_GRADES.format('ours')} IS DISTINCT FROM {_GRADES.format('theirs')}")
        if suite:
            conditions.append("ours.suite = ?")
            values.append(suite)
        if after:
            conditions.append(f"({columns(PLACE, 'ours')}) > (?, ?, ?, ?)")
            values += after
        query = (
            f"SELECT {columns(PLACE, 'ours')} FROM {ours} AS ours JOIN {theirs} AS theirs"
            f" USING ({columns(PLACE)}) WHERE {' AND '.join(conditions)}"
            f" ORDER BY {columns(PLACE, 'ours')} LIMIT {int(most)}"
        )
        with scanning(self.registry.state) as connection:
            return records(connection, query, values)

    def _flips(self, places: Sequence[ResultRow]) -> list[Flip]:
        """The flips among these answers, in their order."""
        if not places:
            return []
        with scanning(self.registry.state) as connection:
            items = _of(connection, parquet(self._items), places, ("suite", "item_id", "variant"))
            answers = [
                row
                for model, version in zip(self._models, self._versions, strict=True)
                for row in _of(connection, parquet(self.registry.files(version)), places, PLACE)
                if row["model"] == model
            ]
        asked = answered(typed(EvaluationItem, items), typed(SuiteAnswer, answers))
        ours, theirs = ([each for of in asked[model].values() for each in of] for model in self._models)
        return sorted(flips(ours, theirs), key=lambda flip: place_of(flip.after))


def _of(
    # quoted, since an evaluated annotation keeps duckdb's types alive, and it says so at exit
    connection: "duckdb.DuckDBPyConnection",
    source: str,
    places: Sequence[ResultRow],
    names: Sequence[str],
) -> list[ResultRow]:
    """The rows of these places."""
    marks = ", ".join(f"({', '.join('?' * len(names))})" for _ in places)
    values = [place[name] for place in places for name in names]
    query = f"SELECT * FROM {source} WHERE ({columns(names)}) IN ({marks}) ORDER BY ALL"
    return records(connection, query, values)


def _fits(flip: Flip, words: Mapping[str, str]) -> bool:
    direction, grade = words.get("direction"), words.get("grade")
    changes = [change for change in flip.changes if grade in (None, change.grade)]
    if grade is None:
        return direction in (None, flip.direction)
    return any(direction in (None, change.direction) for change in changes)


def _place(after: str | None) -> Sequence[str | int] | None:
    if after is None:
        return None
    try:
        place = json.loads(after)
    except ValueError:
        place = None
    kinds = (str, str, str, int)
    if not isinstance(place, list) or [type(part) for part in place] != [*kinds]:
        raise BadInput(f"{after[:80]!r} is no place in these answers: begin at the first page")
    return place
