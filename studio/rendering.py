"""Templates filled so that text from elsewhere stays text, and shown whole or piece by piece."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from datasets_registry.inspecting.row_search import joined_key
from datasets_registry.plain_text import plain, plain_line

TEMPLATES = Path(__file__).parent / "templates"
STATIC = Path(__file__).parent / "static"
# what a template writes where its page so far is to be sent
SENT = "<!--sent-->"
CELL_CHARACTERS = 160
LONG_HASH = 32
# what fits into the frame of a text also on a narrow screen
FRAME_CHARACTERS, FRAME_LINES = 600, 14


def page(template: str, values: Mapping[str, object], status: int = 200) -> HTMLResponse:
    """A whole page."""
    return HTMLResponse(_environment().get_template(template).render(values), status)


def pieces(template: str, values: Mapping[str, object]) -> Iterator[str]:
    """A page as its values come, in pieces that end where the template says so."""
    waiting: list[str] = []
    for piece in _environment().get_template(template).generate(values):
        waiting.append(piece)
        if SENT in piece:
            yield "".join(waiting)
            waiting.clear()
    yield "".join(waiting)


def address(page: str, reference: object, **query: object) -> str:
    """The address of a version's page, such as ``/pairs/preference_pairs@3?label=tie``."""
    given = {name: str(value) for name, value in query.items() if value not in (None, "")}
    path = f"/{page}/{quote(str(reference), safe='/@')}"
    return f"{path}?{urlencode(given)}" if given else path


def cell(value: object) -> str:
    """A value on one line of a table, cut."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list | tuple) and all(isinstance(part, str) for part in value):
        value = ", ".join(value)
    return plain_line(str(value), CELL_CHARACTERS)


def share(value: float | None) -> str:
    """A probability in two digits, or in three where two would make it a half."""
    if value is None:
        return "–"
    two = f"{value:.2f}"
    return f"{value:.3f}" if two == "0.50" and value != 0.5 else two


def scrolls(text: str) -> bool:
    """Whether a text may be longer than its frame, so that people have to reach it to scroll it."""
    return len(text) > FRAME_CHARACTERS or text.count("\n") > FRAME_LINES


def parts_of(row: Mapping[str, object], key: Sequence[str]) -> str:
    """A row's key as its pages name it: the parts joined by slashes."""
    return joined_key({name: row[name] for name in key})


def short(text: str) -> str:
    """A key whose hashes are cut."""
    return "/".join(part[:12] if len(part) >= LONG_HASH else part for part in text.split("/"))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_as_text,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(address=address, sent=Markup(SENT))
    environment.filters.update(cell=cell, share=share, parts_of=parts_of, scrolls=scrolls, short=short)
    return environment


def _as_text(value: object) -> object:
    """What steers or reverses a text is shown as its escape, wherever the text stands."""
    return value if isinstance(value, Markup) else plain(str(value))
