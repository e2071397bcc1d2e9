"""Pages of labelled rows: filtered and ordered, or found by a text as the search goes on."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from datasets_registry.registry import Registry
from datasets_registry.rows.row import Row
from datasets_registry.version import Version
from datasets_registry.views.scanning import ResultRow
from studio.pages.asked import most_rows, words_of
from studio.pages.drawn.plots import FEW_ROWS, measured_of, plots
from studio.queries.filters import Choices
from studio.queries.rows import RowsPage, columns_of, num_matching, options, rows_page
from studio.queries.search import HITS, Search, holding
from studio.rendering import page, pieces
from studio.streaming import FoundPage


@dataclass(frozen=True)
class Listing:
    """A page of rows of one type; ``shown`` adds what their inputs hold, and ``name`` is its template's.

    The page of a version opens it with ``opened`` chosen.
    """

    name: str
    row: type[Row]
    choices: Choices
    shown: Callable[[Registry, Version, Sequence[ResultRow]], Sequence[object]]
    opened: Mapping[str, str] = field(default_factory=dict)

    def answer(self, request: Request, registry: Registry, version: Version) -> Response:
        """The page of a version of such rows; raises BadInput for a word that cannot be chosen."""
        words = words_of(request)
        choices = self.choices.within(columns_of(registry, version))
        values = self._form(registry, version, choices, words)
        most = most_rows(request)
        if most is not None:
            return self._kept(registry, version, choices, words, values, most)
        if "text" in words:
            return self._search(registry, version, choices, words, values)
        found = rows_page(
            registry, version, choices.conditions(words), choices.order(words), words.get("after")
        )
        return self._filled(registry, version, found, values)

    @property
    def template(self) -> str:
        """The file of its template."""
        return f"{self.name}.html"

    def _form(
        self, registry: Registry, version: Version, choices: Choices, words: Mapping[str, str]
    ) -> dict[str, object]:
        offered = {
            each.name: list(each.words) or options(registry, version, each.options)
            for each in choices.filters
        }
        return {
            "listing": self.name,
            "version": version,
            "choices": choices,
            "offered": offered,
            "words": {name: value for name, value in words.items() if name != "after"},
            "begun": "after" in words,
            "most": HITS,
            **self._plots(registry, version, choices, words),
        }

    def _plots(
        self, registry: Registry, version: Version, choices: Choices, words: Mapping[str, str]
    ) -> dict[str, object]:
        """The plots of what the filters keep, where they cost little; else a page of their own has them."""
        measured = measured_of(registry, version)
        is_cheap = not {"text", "after"} & words.keys() and (version.num_rows or 0) <= FEW_ROWS
        conditions = choices.conditions(words)
        filtered = {each.name: words[each.name] for each in choices.filters if each.name in words}
        return {
            "filtered": filtered if measured else None,
            "plots": plots(registry, version, measured, conditions) if measured and is_cheap else None,
        }

    def _filled(
        self, registry: Registry, version: Version, found: RowsPage, values: Mapping[str, object]
    ) -> Response:
        groups = [self.shown(registry, version, found.rows)]
        filled = {"left_out": None, **values, "groups": groups, "after": found.after, "search": None}
        return page(self.template, filled)

    def _kept(
        self,
        registry: Registry,
        version: Version,
        choices: Choices,
        words: Mapping[str, str],
        values: Mapping[str, object],
        most: int,
    ) -> Response:
        conditions = choices.conditions(words)
        if "text" in words:
            conditions.append(holding(choices.searched, words["text"]))
        found = rows_page(registry, version, conditions, choices.order(words), limit=most)
        left_out = num_matching(registry, version, conditions) - len(found.rows)
        return self._filled(registry, version, found, {**values, "left_out": left_out})

    def _search(
        self,
        registry: Registry,
        version: Version,
        choices: Choices,
        words: Mapping[str, str],
        values: Mapping[str, object],
    ) -> Response:
        search = Search(registry, version, choices.searched, words["text"], choices.conditions(words))
        groups: Iterable[object] = map(partial(self.shown, registry, version), search.hits())
        filled = {**values, "groups": groups, "after": None, "search": search, "left_out": None}
        return FoundPage(pieces(self.template, filled), search.stop)
