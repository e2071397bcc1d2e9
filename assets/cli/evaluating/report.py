"""trimtab report MODEL [--against BASELINE]: a page of figures, differences, flips and worst answers."""

from pathlib import Path
from typing import Annotated

import typer

from assets.cli.printing import Json, open_state, print_json, say
from datasets_registry.errors import BadInput

Model = Annotated[str, typer.Argument(help="A model that is evaluated, in whatever round.")]
Against = Annotated[str | None, typer.Option("--against", help="Another one, to compare it with.")]
Out = Annotated[Path | None, typer.Option("--out", help="The file; MODEL.html if not set.")]
Open = Annotated[bool, typer.Option("--open", help="Open it in the browser.")]


def report(
    model: Model, against: Against = None, out: Out = None, open_it: Open = False, as_json: Json = False
) -> None:
    """Write a page about a model's evaluation.

    It is one file of HTML that needs no network and runs no script: figures with their intervals by suite and
    category, and the worst answers; against a baseline, differences and the answers that flipped, too. It is
    made from stored rows alone.
    """
    # numpy takes a moment to import, which other commands need not wait for
    from assets.cli.evaluating.stored import require_distinct, stored
    from quality.evaluation.report.page import page

    named = [model, *([against] if against else [])]
    require_distinct(named)
    file = out or Path(f"{model.replace('/', '_')}.html")
    _require_file(file)
    rows, models = stored(open_state(), *named)
    shown = rows.contents(*models)
    _write(file, page(shown))
    if as_json:
        print_json({"file": str(file.resolve()), "versions": list(shown.versions)})
    else:
        say(f"wrote {file}")
    if open_it:
        typer.launch(file.resolve().as_uri())


def _require_file(file: Path) -> None:
    """Raise BadInput where the page cannot be written, before anything is read."""
    if file.is_dir():
        raise BadInput(f"{file} is a folder: name a file, such as {file / 'report.html'}")
    if not file.parent.is_dir():
        raise BadInput(f"there is no folder {file.parent}: make it first, or write elsewhere with --out")


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{file} cannot be written ({error.strerror}): choose another with --out") from error
