"""trimtab keep NAME… --because WHY: versions that earlier code made count as made by today's."""

from typing import TYPE_CHECKING, Annotated

import typer

from assets.cli.planning.plan import graph_of_profile
from assets.cli.printing import Json, open_state, print_rows
from datasets_registry.errors import BadInput, TrimtabError

if TYPE_CHECKING:
    from datasets_registry.registry import Registry


Because = Annotated[str, typer.Option(help="Why today's code would make the same.")]
Undo = Annotated[bool, typer.Option("--undo", help="No longer count what was kept of these names.")]


def keep_command(
    names: Annotated[list[str], typer.Argument(help="Datasets and models of the profile.")],
    because: Because = "",
    undo: Undo = False,
    as_json: Json = False,
) -> None:
    """Let versions of earlier code count as made by today's.

    Only code may differ: settings, prompt texts and inputs must be the same, and datasets must pass today's
    checks. Who, when, why and which modules differed is recorded, and shown by plan, show and cards.
    """
    registry = open_state(to_write=True, begins=True)
    if undo:
        print_rows(_undone(registry, names), as_json, ("name", "undone"))
    else:
        print_rows(_kept(registry, names, because), as_json, ("version", "who", "because", "differed"))


def _undone(registry: "Registry", names: list[str]) -> list[dict[str, object]]:
    """How many decisions were undone of each name; raises BadInput where one has none."""
    for name in names:
        if all(waiver.undone_at for waiver in registry.kept(name)):
            raise BadInput(f"nothing of {name!r} is kept: `trimtab plan` shows what is")
    return [{"name": name, "undone": registry.undo_keep(name)} for name in names]


def _kept(registry: "Registry", names: list[str], because: str) -> list[dict[str, object]]:
    """What was kept, inputs first; the error of one that cannot be kept names those that were before it."""
    known = graph_of_profile().known
    # it imports Dagster, which a refusal of the profile need not wait for
    from assets.building.keeping import keep

    versions, order = known.versions(registry), list(known.recipes)
    rows: list[dict[str, object]] = []
    for name in sorted(set(names), key=lambda name: order.index(name) if name in order else -1):
        try:
            version, kept = keep(versions, name, because)
        except TrimtabError as error:
            before = f" ({', '.join(str(row['version']) for row in rows)} kept before it)" if rows else ""
            raise type(error)(f"{error}{before}") from error
        rows.append({"version": str(version), "differed": kept.summary, **kept.model_dump()})
    return rows
