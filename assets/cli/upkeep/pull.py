"""trimtab pull [NAME[@N]…]: what lies in a bucket, fetched to this machine."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from assets.cli.printing import Json, open_state, print_json, progress_bar, say

if TYPE_CHECKING:
    from datasets_registry.registry import Registry
    from datasets_registry.version import Version


def pull_command(
    versions: Annotated[
        list[str] | None,
        typer.Argument(help="Datasets, models or versions; without any the latest of each dataset."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Fetch versions from the bucket, so that SQL shows them.

    Whatever reads a version fetches it by itself; catalog.duckdb shows what is on this machine.
    """
    registry = open_state(to_write=True)
    chosen = _chosen(registry, versions or [])
    with progress_bar("fetching", len(chosen), "versions") as report:
        for done, version in enumerate(chosen, 1):
            registry.folder(version) if version.kind == "model" else registry.files(version)
            report(done)
    registry.refresh_views(anew=True)
    if as_json:
        print_json([str(version) for version in chosen])
    else:
        say(f"on this machine: {', '.join(map(str, chosen)) or 'nothing, as no version has passed yet'}")


def _chosen(registry: "Registry", names: Sequence[str]) -> "list[Version]":
    if names:
        return [registry.resolve(reference) for reference in names]
    latest = map(registry.latest, registry.names("dataset"))
    return [version for version in latest if version is not None]
