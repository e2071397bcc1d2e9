"""trimtab review | review export SAMPLE DIR --to FORM | review import FILE: how far people are, and files."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assets.cli.printing import Json, open_state, print_json, print_rows, say
from datasets_registry.errors import BadInput
from datasets_registry.rows.review.sample import ReviewItem

if TYPE_CHECKING:
    from assets.cli.reviewing.standing import Standing
    from quality.review.desk import Desk
    from quality.review.exchange.exchange import Taken

# by name, since what writes them takes long to import
FORMS = ("jsonl", "csv", "label_studio", "argilla")
_FORMS = ", ".join(FORMS)
Sample = Annotated[str, typer.Argument(help="NAME of a sample for its latest version, NAME@3 for another.")]
Of = Annotated[str, typer.Option("--sample", help="The sample that the answers are to.")]
To = Annotated[str, typer.Option("--to", help=f"The form of the files: {_FORMS}.")]
From = Annotated[
    str | None, typer.Option("--from", help=f"The form of the file, if its name does not say: {_FORMS}.")
]
Reviewer = Annotated[str | None, typer.Option(help="Whose answers they are, where the file does not say.")]
Folder = Annotated[Path, typer.Argument(help="A folder that is empty or not there yet.")]
File = Annotated[Path, typer.Argument(help="A filled-in file, or the folder of an Argilla dataset.")]


def export_command(sample: Sample, folder: Folder, to: To, as_json: Json = False) -> None:
    """Write a sample's items as tasks for another tool.

    The files say what the review page says: neither label, probability, judge nor model. Label Studio and
    Argilla take theirs as they are; JSON lines and CSV have the columns reviewer, answer and note to fill in.
    """
    from quality.review.desk import Desk
    from quality.review.exchange.exchange import export_tasks

    desk = Desk(open_state(), sample)
    number = export_tasks(desk, to, folder)
    if as_json:
        files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
        print_json(
            {
                "sample": str(desk.version),
                "form": to,
                "tasks": number,
                "folder": str(folder),
                "files": files,
            }
        )
    else:
        say(f"{desk.version}: {number} tasks as {to} in {folder}")


def import_command(
    file: File,
    sample: Of = ReviewItem.dataset,
    form: From = None,
    reviewer: Reviewer = None,
    as_json: Json = False,
) -> None:
    """Take the answers that people gave in another tool.

    They join those of the review page, and the same file again keeps nothing more. Answers to another version
    or an unknown item, and those without a reviewer, are refused with their reason. Exits with code 1 where
    all are.
    """
    from quality.review.desk import Desk
    from quality.review.exchange.exchange import import_answers
    from quality.review.exchange.forms import form_of

    desk = Desk(open_state(to_write=True), sample)
    taken = import_answers(desk, form or form_of(file), file, reviewer)
    version = desk.commit() if taken.kept else None
    if as_json:
        print_json(
            {"sample": str(desk.version), "reviews": str(version) if version else None} | asdict(taken)
        )
    else:
        _report(desk, taken)
    if taken.refused and not taken.kept + taken.known:
        raise typer.Exit(1)


def _report(desk: "Desk", taken: "Taken") -> None:
    from quality.review.exchange.exchange import refusals

    say(
        f"{desk.version}: {taken.kept} answers kept, {taken.known} known before, {taken.blank} blank, "
        f"{sum(taken.refused.values())} refused"
    )
    for line in refusals(taken):
        say(line)
    say(desk.progress("nobody").sentence)


review_app = typer.Typer(rich_markup_mode=None)
review_app.command("export")(export_command)
review_app.command("import")(import_command)


@review_app.callback(invoke_without_command=True)
def status(context: typer.Context, as_json: Json = False) -> None:
    """Show how far people's review is, and what the gate says.

    For each sample: what waits, who has answered how many items, and how far people agree with the labels.
    """
    from assets.cli.reviewing.standing import standings

    if context.invoked_subcommand:
        return
    found = standings(open_state())
    if as_json:
        print_json([asdict(standing) for standing in found])
        return
    if not found:
        raise BadInput("nothing is drawn for review: add [review] to the profile, and build review_sample")
    columns = ("sample", "items", "waiting", "reviewers", "agreement", "gate")
    print_rows([_line(standing) for standing in found], False, columns)
    for standing in found:
        if standing.waiting:
            say(f"{standing.waiting} of {standing.sample} wait for review: trimtab studio")
        for part in standing.flagged:
            say(f"people do not agree with {part}; ten more of this one: review.more = {{ {part} = 10 }}")


def _line(standing: "Standing") -> dict[str, object]:
    agreed = standing.agreement is not None and standing.low is not None and standing.high is not None
    return {
        "sample": standing.sample,
        "items": standing.items,
        "waiting": standing.waiting,
        "reviewers": [f"{name} {number}" for name, number in standing.reviewers.items()],
        "agreement": f"{standing.agreement:.2f} ({standing.low:.2f}–{standing.high:.2f})" if agreed else "",
        "gate": standing.gate,
    }
