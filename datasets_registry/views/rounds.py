"""The views ``rounds`` and ``round_watch``: the verdicts and the figures of all rounds of all lines."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import Any

import pyarrow as pa

from datasets_registry.hashing import digest
from datasets_registry.rows.rounds.verdict import Verdict
from datasets_registry.rows.rounds.watch import RoundWatch
from datasets_registry.rows.row import Row, arrow_schema
from datasets_registry.views.meanings import SMALL
from datasets_registry.views.scanning import quoted
from datasets_registry.views.unions import Latest, View

# the row type that each view has, and what is said beside its columns
VIEWS: Mapping[str, tuple[type[Row], tuple[str, ...]]] = {
    "rounds": (Verdict, ("line", "model", "version")),
    RoundWatch.dataset: (RoundWatch, ("line",)),
}
# what people ask of rounds stands in front
_FIRST = ("line", "round", "verdict", "weights_round", "model", "why", "decided")
_OF_ROUND = re.compile(r"([^/]+)/round_(\d+)/([^/]+)")

Named = tuple[str, int]


class History:
    """What the catalog says of rounds: which are a line's, and what was released by their verdicts.

    ``built`` has the last derivation of each version; ``inputs`` are those of all derivations.
    """

    def __init__(
        self,
        versions: Sequence[Mapping[Any, Any]],
        built: Mapping[Named, int],
        inputs: Sequence[Mapping[Any, Any]],
    ) -> None:
        self.built = built
        self._inputs = inputs
        models = (row for row in versions if row["kind"] == "model")
        self._weights = {_named(row): row["data_version"] for row in models}

    def rounds(self, latest: Mapping[str, Latest], row: type[Row]) -> list[tuple[str, Named, Latest]]:
        """The line, version and view of each round's dataset of a row type, by line and round.

        Rounds are left out that a line was built without since: its policy says which is its last one.
        """
        rounds = []
        for name, dataset in latest.items():
            place = _OF_ROUND.fullmatch(name)
            if place and place[3] == row.dataset:
                number, (last, since) = int(place[2]), self._last_rounds.get(place[1], (0, 0))
                if number <= last or dataset.built > since:
                    rounds.append((place[1], number, (name, dataset.version), dataset))
        return [(line, version, dataset) for line, _, version, dataset in sorted(rounds, key=_by_round)]

    def released(self, verdict: Named) -> str | None:
        """The model whose weights exactly this verdict released, as ``NAME@1``; None where none is yet."""
        model = self._newest.get(verdict[0].removesuffix(Verdict.dataset) + "released")
        if model is None or verdict not in self._made_from.get(model, ()):
            return None
        name, number = self._origin(model)
        return f"{name}@{number}"

    def _origin(self, model: Named) -> Named:
        """The model that weights were made as, under whatever names they were handed on."""
        for source in self._made_from.get(model, ()):
            if self._weights.get(source) == self._weights[model]:
                return self._origin(source)
        return model

    @cached_property
    def _made_from(self) -> Mapping[Named, Sequence[Named]]:
        """What each version was made from last."""
        made: dict[Named, list[Named]] = {}
        for row in self._inputs:
            if row["derivation"] == self.built[_named(row)]:
                made.setdefault(_named(row), []).append((row["input"], row["input_version"]))
        return made

    @cached_property
    def _newest(self) -> Mapping[str, Named]:
        """The newest version of each model."""
        return {model[0]: model for model in sorted(self._weights, key=self.built.__getitem__)}

    @cached_property
    def _last_rounds(self) -> Mapping[str, tuple[int, int]]:
        """The last round that each line's policy was handed on from, and the derivation that says so."""
        last: dict[str, tuple[int, int]] = {}
        for name, model in self._newest.items():
            line = name.removesuffix("/policy")
            places = [_OF_ROUND.fullmatch(source) for source, _ in self._made_from.get(model, ())]
            numbers = [int(place[2]) for place in places if place and place[1] == line]
            if line != name and numbers:
                last[line] = max(numbers), self.built[model]
        return last


def round_views(
    history: History, latest: Mapping[str, Latest], empty: Mapping[str, str]
) -> Iterator[tuple[str, Latest]]:
    """Both views by name, and when a part was built last; ``empty`` is SQL by view that has no rows."""
    for name, (row, _) in VIEWS.items():
        rounds = history.rounds(latest, row)
        parts = [(_beside(history, name, line, version), dataset.view) for line, version, dataset in rounds]
        mark = digest([empty[name], *([beside, view.mark] for beside, view in parts)])[:16]
        built = max((dataset.built for *_, dataset in rounds), default=0)
        yield (
            name,
            Latest(
                0,
                built,
                View(name, mark, partial(_union, empty[name], parts), partial(SMALL.__getitem__, name)),
            ),
        )


def schema_of(view: str) -> pa.Schema:
    """The columns of a view, in its order."""
    row, beside = VIEWS[view]
    fields = {
        field.name: field for field in (*(pa.field(name, pa.string()) for name in beside), *arrow_schema(row))
    }
    return pa.schema([fields[name] for name in dict.fromkeys((*_FIRST, *fields)) if name in fields])


def _beside(history: History, view: str, line: str, version: Named) -> str:
    """SQL of the columns that say whose rows these are."""
    values = {"line": line}
    if view == "rounds":
        values["version"] = f"{version[0]}@{version[1]}"
        if model := history.released(version):
            values["model"] = model
    return ", ".join(f"{quoted(value)} AS {name}" for name, value in values.items())


def _union(empty: str, parts: Sequence[tuple[str, View]]) -> str:
    # by name, as a version of earlier days may lack a column
    return " UNION ALL BY NAME ".join(
        [empty, *(f"(SELECT {beside}, * FROM ({view.sql()}))" for beside, view in parts)]
    )


def _named(row: Mapping[Any, Any]) -> Named:
    return row["name"], row["version"]


def _by_round(each: tuple[str, int, Named, Latest]) -> tuple[str, int]:
    return each[0], each[1]
