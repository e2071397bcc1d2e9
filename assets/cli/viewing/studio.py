"""trimtab studio: pages to look at datasets, models and labels in a browser on this machine, or as files."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assets.cli.printing import Json, open_state, print_json, print_table, progress_bar, say, warn_unpassed
from datasets_registry.errors import BadInput
from datasets_registry.exporting.places import require_empty

if TYPE_CHECKING:
    from studio.exporting.exporting import ExportedPage

PORT = 3210
ROWS, MOST_ROWS = 100, 1_000
_KILOBYTE = 1_000
Port = Annotated[int, typer.Option(min=0, max=65_535, help="Where it answers; 0 for any that is free.")]
NoBrowser = Annotated[bool, typer.Option("--no-browser", help="Print the address, and open nothing.")]
Export = Annotated[
    Path | None,
    typer.Option(
        "--export", metavar="DIR", help="Write pages into this folder, empty or not there yet, and end."
    ),
]
Pages = Annotated[
    list[str] | None,
    typer.Option(
        "--page",
        metavar="ADDRESS",
        help="A page to export, such as 'pairs/preference_pairs@3?label=a', or its address in the browser; "
        "as often as there are pages.",
    ),
]
Rows = Annotated[int, typer.Option(min=1, max=MOST_ROWS, help="How many rows an exported page has at most.")]


def studio(
    port: Port = PORT,
    no_browser: NoBrowser = False,
    export: Export = None,
    page: Pages = None,
    rows: Rows = ROWS,
    as_json: Json = False,
) -> None:
    """Look at datasets, models and labels in a browser.

    It answers this machine alone, until interrupted, to whoever opens the address that it prints. It shows
    new versions as they are committed, and writes nothing but the answers of people who review pairs. With
    --export it writes pages as files instead, which open without it: to share, or to keep.
    """
    if export is not None:
        _export(export, page or (), rows, as_json)
    elif page:
        raise BadInput("--page names what is exported: name a folder for it with --export")
    else:
        _serve(port, no_browser, as_json)


def _serve(port: int, no_browser: bool, as_json: bool) -> None:
    # a server takes a moment to import, which other commands need not wait for
    from studio.server import serve

    # what cannot be opened is said before anything is served
    open_state().engine.dispose()

    def ready(address: str) -> None:
        if as_json:
            print_json({"address": address})
        else:
            say(f"the studio is at {address} (Ctrl-C ends it)")
        # a program that reads it waits for this line
        sys.stdout.flush()
        if not no_browser:
            typer.launch(address)

    serve(open_state, port, ready)


def _export(folder: Path, addresses: Sequence[str], most_rows: int, as_json: bool) -> None:
    # as for a server
    from studio.exporting.chosen import chosen
    from studio.exporting.exporting import export_pages

    if not addresses:
        raise BadInput(
            "no page is named: name each to export with --page, such as --page version/preference_pairs"
        )
    require_empty(folder)
    registry = open_state()
    selection = chosen(registry, addresses)
    for version in {str(page.version): page.version for page in selection if page.version}.values():
        warn_unpassed(version)
    with progress_bar("exporting", len(selection), "pages") as report:
        written = export_pages(registry, open_state, selection, folder, most_rows, report)
    if as_json:
        print_json(_outcome(folder, written))
    else:
        _report(folder, written)


def _outcome(folder: Path, written: Sequence["ExportedPage"]) -> dict[str, object]:
    return {
        "folder": str(folder),
        "bytes": _size(folder),
        "pages": [
            {
                "file": page.file,
                "page": page.chosen.path,
                "filter": page.chosen.words,
                "version": page.chosen.version and str(page.chosen.version),
                "data_version": page.chosen.version and page.chosen.version.data_version,
                "rows_left_out": page.num_rows_left_out,
                "is_first_part": page.is_first_part,
                "bytes": page.num_bytes,
            }
            for page in written
        ],
    }


def _report(folder: Path, written: Sequence["ExportedPage"]) -> None:
    rows = [(page.file, _left_out(page), _in_kilobytes(page.num_bytes)) for page in written]
    print_table(("page", "rows left out", "size"), rows)
    noun = "page" if len(written) == 1 else "pages"
    say(f"{len(written)} {noun}, {_in_kilobytes(_size(folder))}: open {folder / 'index.html'}")


def _left_out(page: "ExportedPage") -> str:
    if page.num_rows_left_out is not None:
        return f"{page.num_rows_left_out:,}"
    return "all but its first page" if page.is_first_part else ""


def _size(folder: Path) -> int:
    """The bytes of all files in it."""
    return sum(file.stat().st_size for file in folder.iterdir())


def _in_kilobytes(num_bytes: int) -> str:
    return f"{-(-num_bytes // _KILOBYTE):,} kB"
