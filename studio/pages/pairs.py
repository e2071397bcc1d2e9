"""The page of labelled pairs: filtered and ordered, or found by a text as the search goes on."""

from collections.abc import Iterable, Mapping
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from datasets_registry.rows.rlaif import PreferencePair
from datasets_registry.rows.types import rows_of
from datasets_registry.version import Version
from studio.pages.asked import registry_of, version_of, words_of
from studio.pages.choices import PAIRS
from studio.queries.filters import Choices
from studio.queries.pairs import shown
from studio.queries.rows import columns_of, options, rows_page
from studio.queries.search import HITS, Search
from studio.rendering import page, pieces
from studio.streaming import FoundPage


def pairs(request: Request) -> Response:
    """A page of pairs; raises BadInput where the version has none, or for a word that cannot be chosen."""
    registry = registry_of(request)
    version, words = version_of(request, registry), words_of(request)
    if rows_of(version) != PreferencePair.dataset:
        raise BadInput(f"{version} holds no labelled pairs: look at /rows/{version}")
    choices = PAIRS.within(columns_of(registry, version))
    values = _form(registry, version, choices, words)
    if "text" in words:
        return _search(registry, version, choices, words, values)
    found = rows_page(registry, version, choices.conditions(words), choices.order(words), words.get("after"))
    groups = [shown(registry, version, found.rows)]
    return page("pairs.html", {**values, "groups": groups, "after": found.after, "search": None})


def _form(
    registry: Registry, version: Version, choices: Choices, words: Mapping[str, str]
) -> dict[str, object]:
    offered = {
        each.name: list(each.words) or options(registry, version, each.options) for each in choices.filters
    }
    kept = {name: value for name, value in words.items() if name != "after"}
    return {
        "version": version,
        "choices": choices,
        "offered": offered,
        "words": kept,
        "begun": "after" in words,
        "most": HITS,
    }


def _search(
    registry: Registry,
    version: Version,
    choices: Choices,
    words: Mapping[str, str],
    values: Mapping[str, object],
) -> Response:
    search = Search(registry, version, choices.texts, words["text"], choices.conditions(words))
    groups: Iterable[object] = map(partial(shown, registry, version), search.hits())
    filled = {**values, "groups": groups, "after": None, "search": search}
    return FoundPage(pieces("pairs.html", filled), search.stop)
