"""The tables of docs/templates.md, from the zoo: python -m benchmarks.sides.texts.page."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.sides.texts.templates import CASES, TRAINERS, Fates, fates
from datasets_registry.boundary import run_command
from datasets_registry.cards.documented import keep_page
from datasets_registry.state import REPOSITORY

PAGE = REPOSITORY / "docs" / "templates.md"
_BEGIN, _END = "<!-- tables -->", "<!-- end of tables -->"


def with_tables(text: str, found: Sequence[Fates]) -> str:
    """The page's text with the tables of ``found`` between its marks."""
    before, rest = text.split(_BEGIN)
    after = rest.split(_END)[1]
    return "\n".join([f"{before}{_BEGIN}", "", *_lines(found), "", f"{_END}{after}"])


def _lines(found: Sequence[Fates]) -> Iterator[str]:
    names = [case.name for case in CASES]
    yield from _table(["template", "after", *names], found, names)
    yield ""
    yield from _table(["template", *TRAINERS], found, TRAINERS, family=False)
    yield ""
    yield from _reasons(found)


def _table(
    header: Sequence[str], found: Sequence[Fates], columns: Sequence[str], *, family: bool = True
) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield f"|{'---|' * len(header)}"
    for animal in found:
        words = [animal.of[name].word if animal.of else "not opened" for name in columns]
        begin = [animal.animal.name, *([animal.animal.like] if family else [])]
        yield f"| {' | '.join([*begin, *words])} |"


def _reasons(found: Sequence[Fates]) -> Iterator[str]:
    """Every sentence of a refusal, with the templates whose refusal it is."""
    who: dict[str, list[str]] = {}
    for animal in found:
        sentences = [fate.sentence for fate in animal.of.values()] or [animal.unopened]
        for sentence in dict.fromkeys(sentences):
            if sentence:
                who.setdefault(sentence, []).append(animal.animal.name)
    for sentence, animals in who.items():
        yield f"- *{sentence}*: {', '.join(animals)}"


def page() -> str:
    """The whole page, its tables made anew."""
    with tempfile.TemporaryDirectory(prefix="trimtab-zoo-") as folder:
        return with_tables(PAGE.read_text(encoding="utf-8"), list(fates(Path(folder))))


if __name__ == "__main__":
    run_command(lambda: keep_page(PAGE, page(), __doc__))
