"""trimtab keep NAME… --because WHY: versions that earlier code made count as made by today's."""

from typing import Annotated

import typer

from assets.cli.printing import Json, open_state, print_rows
from datasets_registry.errors import BadInput

Because = Annotated[str, typer.Option(help="Why today's code would make the same.")]
Undo = Annotated[bool, typer.Option("--undo", help="Let nothing count any longer that was kept.")]


def keep_command(
    names: Annotated[list[str], typer.Argument(help="Datasets and models of the profile, inputs first.")],
    because: Because = "",
    undo: Undo = False,
    as_json: Json = False,
) -> None:
    """Let versions made by earlier code count as made by today's.

    Only code may differ: settings, prompt texts and inputs must be the same, and today's checks are run. Who,
    when, why and which modules differed is recorded, and shown by plan, show and cards.
    """
    # Dagster takes seconds to import, which other commands need not wait for
    from assets.building.keeping import keep
    from assets.graph import build_graph
    from assets.profile.profile import load_profile

    registry = open_state()
    if undo:
        undone = [{"name": name, "undone": registry.undo_keep(name)} for name in names]
        if not any(row["undone"] for row in undone):
            raise BadInput(f"nothing of {', '.join(names)} is kept: there is nothing to undo")
        print_rows(undone, as_json, ("name", "undone"))
        return
    versions = build_graph(load_profile()).known.versions(registry)
    rows = []
    for name in names:
        version, kept = keep(versions, name, because)
        rows.append({"version": str(version), "modules": len(kept.modules), **kept.model_dump()})
    print_rows(rows, as_json, ("version", "modules", "who", "because"))
