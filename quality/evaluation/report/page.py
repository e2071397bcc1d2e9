"""The page itself: templates beside this module, filled so that no text is anything but text."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from datasets_registry.plain_text import plain
from quality.evaluation.report.contents import Contents, sections
from quality.evaluation.report.marks import LEAST_ITEMS, number

_FOLDER = Path(__file__).parent


def page(contents: Contents) -> str:
    """The HTML of a report: complete in itself, without a script, the same for the same rows."""
    template = _environment().get_template("page.html")
    return template.render(
        contents=contents,
        sections=sections(contents),
        least=LEAST_ITEMS,
        number=number,
        legend=_legend(contents),
        style=Markup((_FOLDER / "page.css").read_text(encoding="utf-8")),
    )


def _legend(contents: Contents) -> str:
    if contents.baseline is None:
        return "bars are 95 % intervals, a dot is the value"
    return f"above, filled: {contents.model.model}; below, hollow: {contents.baseline.model}"


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_as_text,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _as_text(value: object) -> object:
    """What steers or reverses a text is shown as its escape, wherever the text stands."""
    return value if isinstance(value, Markup) else plain(str(value))
