"""Which pages are exported: their addresses read, each at an exact version, with a file's name."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from starlette.routing import Match, Route

from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from datasets_registry.version import Version
from studio.security import TOKEN
from studio.server import ROUTES

INDEX = "index.html"
# reviews are blind, and answered in the studio
NOT_EXPORTED = ("review",)
_LONGEST_NAME = 80
_OUTSIDE_NAMES = re.compile(r"[^A-Za-z0-9_.]+")

Key = tuple[str, frozenset[tuple[str, str]]]
FIRST: Key = ("/", frozenset())


@dataclass(frozen=True)
class Chosen:
    """A page to export: its path, the words of its query, and the version that it shows, if one."""

    path: str
    words: Mapping[str, str]
    version: Version | None

    @property
    def key(self) -> Key:
        """What links to it come down to."""
        return self.path, frozenset(self.words.items())

    @property
    def filter(self) -> str:
        """Its query in words."""
        titles = {"with": "compared with"}
        return ", ".join(f"{titles.get(name, name)} {value}" for name, value in self.words.items())


def key_of(address: str) -> Key:
    """What a link of a page comes down to: its path and its words, in whatever order."""
    parts = urlsplit(address)
    return unquote(parts.path), frozenset(parse_qsl(parts.query))


def chosen(registry: Registry, addresses: Iterable[str]) -> list[Chosen]:
    """The pages of addresses such as ``pairs/preference_pairs@3?label=a``, without one that comes twice.

    Whatever a browser shows as a page's address is one too. Raises BadInput for what is no page to export,
    UnknownVersion for a version that is not there.
    """
    pages = [_read(registry, address) for address in addresses]
    return list({page.key: page for page in pages}.values())


def named(pages: Sequence[Chosen]) -> dict[Key, str]:
    """A file's name for each page, which tells its page, version and filter; no two are alike."""
    names: dict[Key, str] = {}
    for page in pages:
        said = "-".join((page.path, *(f"{name}-{value}" for name, value in page.words.items())))
        name = _OUTSIDE_NAMES.sub("-", said).strip("-.")[:_LONGEST_NAME] or "first"
        taken = {other.lower() for other in (INDEX, *names.values())}
        number = 1
        while (file := f"{name}{'' if number == 1 else f'-{number}'}.html").lower() in taken:
            number += 1
        names[page.key] = file
    return names


def _read(registry: Registry, address: str) -> Chosen:
    try:
        parts = urlsplit(address if "://" in address else f"/{address.lstrip('/')}")
    except ValueError as error:
        raise BadInput(f"page {address!r} is no address ({error}): {_remedy()}") from error
    path = unquote(parts.path) or "/"
    words = {name: value.strip() for name, value in parse_qsl(parts.query) if value.strip()}
    # a copied address may have it still
    words.pop(TOKEN, None)
    if "after" in words:
        raise BadInput(f"page {address!r} begins amid its rows: leave out `after`, and set --rows")
    reference = _reference(path, address)
    if reference is None:
        return Chosen(path, words, None)
    version = registry.resolve(reference)
    return Chosen(f"{path.removesuffix(reference)}{version}", words, version)


def _reference(path: str, address: str) -> str | None:
    """The version that the path names, None where its page is of none; raises BadInput for no page."""
    for route in ROUTES:
        match, scope = route.matches({"type": "http", "method": "GET", "path": path})
        if match is Match.FULL and isinstance(route, Route) and _page(route) not in NOT_EXPORTED:
            reference: str | None = scope["path_params"].get("reference")
            return reference
    raise BadInput(f"page {address!r} is none of the studio's that can be exported: {_remedy()}")


def _page(route: Route) -> str:
    return route.path.split("/")[1]


def _remedy() -> str:
    names = sorted({_page(route) for route in ROUTES if isinstance(route, Route)} - {"", *NOT_EXPORTED})
    return f"write PAGE/VERSION, such as pairs/preference_pairs@3?label=a, where PAGE is {', '.join(names)}"
