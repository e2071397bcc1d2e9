"""Chosen pages written into a folder, whole or not at all, as the studio shows them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from markupsafe import escape

from datasets_registry.exporting.exporting import written_whole
from datasets_registry.exporting.places import require_empty
from datasets_registry.registry import Registry
from studio.exporting.answered import answered
from studio.exporting.chosen import FIRST, INDEX, Chosen, Key, key_of, named
from studio.exporting.still import Still
from studio.opened import Open
from studio.rendering import STATIC, page
from studio.server import pages

# a folder such as /root is everybody's, and tells nothing of the machine
_PARTS_OF_A_HOME = 3


@dataclass(frozen=True)
class ExportedPage:
    """A page that was written: its file's name and size, and how many rows it left out.

    That is None of a page that does not say; such a page may still go on, of which the first part is written.
    """

    chosen: Chosen
    file: str
    num_bytes: int
    num_rows_left_out: int | None
    is_first_part: bool


def export_pages(
    registry: Registry,
    open_registry: Open,
    selection: Sequence[Chosen],
    folder: Path,
    most_rows: int,
    report: Callable[[int], None] = lambda done: None,
) -> list[ExportedPage]:
    """Write the pages and an index of them into ``folder``, which must be empty or absent.

    At most ``most_rows`` rows stand on each. Raises BadInput where the folder cannot be used or a page
    cannot be shown, NoSpace where the disk is full; then nothing is left behind.
    """
    require_empty(folder)
    files = named(selection)
    copy = _Copy(registry, files)
    app = pages(open_registry, most_rows)
    written = []
    with written_whole(folder) as temporary:
        for number, chosen in enumerate(selection, start=1):
            file = files[chosen.key]
            still = copy.still(answered(app, chosen.path, chosen.words))
            size = (temporary / file).write_bytes(copy.page(chosen, still).encode())
            left_out = still.num_rows_left_out
            written.append(ExportedPage(chosen, file, size, left_out, left_out is None and still.goes_on))
            report(number)
        (temporary / INDEX).write_bytes(copy.index(written).encode())
    return written


class _Copy:
    """Makes pages still, with a note on what each is a copy of."""

    def __init__(self, registry: Registry, files: Mapping[Key, str]) -> None:
        # the first page's place is the index's, unless it is exported itself
        self._files = {FIRST: INDEX, **files}
        self._hidden = _hidden(registry)
        self._style = (STATIC / "studio.css").read_text(encoding="utf-8")
        self._made = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")

    def page(self, chosen: Chosen, still: Still) -> str:
        """The page as a file's text."""
        values = {"chosen": chosen, "made": self._made, "still": still, "index": INDEX}
        return self._without_places(still.text(_filled("copied.html", values)))

    def index(self, written: Sequence[ExportedPage]) -> str:
        """The page that leads to the others."""
        text = _filled("copies.html", {"written": written, "made": self._made})
        files = {key_of(f"/{page.file}"): page.file for page in written}
        return self._without_places(self._still(text, {**self._files, **files}).text(""))

    def still(self, text: str) -> Still:
        """The page without what means something in the studio alone."""
        return self._still(text, self._files)

    def _still(self, text: str, files: Mapping[Key, str]) -> Still:
        still = Still(files, self._style)
        still.feed(text)
        still.close()
        return still

    def _without_places(self, text: str) -> str:
        for place, name in self._hidden.items():
            text = text.replace(escape(place), name)
        return text


def _hidden(registry: Registry) -> dict[str, str]:
    """Folders of this machine, with what stands in their place."""
    places = {str(registry.state.root.resolve()): "(state)", str(registry.state.root): "(state)"}
    home = Path.home()
    if len(home.parts) >= _PARTS_OF_A_HOME:
        places[str(home)] = "~"
    # a relative one is a word like any other
    return {place: name for place, name in places.items() if Path(place).is_absolute()}


def _filled(template: str, values: Mapping[str, object]) -> str:
    return bytes(page(template, values).body).decode()
