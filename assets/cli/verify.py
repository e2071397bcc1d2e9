"""trimtab verify [NAME[@N]]: whether stored data is intact."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assets.cli.printing import Json, open_state, print_rows, progress_bar, say

if TYPE_CHECKING:
    from datasets_registry.registry import Registry
    from datasets_registry.version import Version


def verify(
    version: Annotated[
        str | None, typer.Argument(help="A dataset or model, or one version; all if left out.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Hash stored data and models again, and rerun the checks.

    A bucket's files that are damaged or missing are restored where this machine has copies. Exits with code 1
    if anything stays damaged.
    """
    from quality.auditing.verify import verify as verify_version

    registry = open_state()
    chosen = _chosen(registry, version)
    damages: list[dict[str, Any]] = []
    with progress_bar("verifying", len(chosen), "versions") as report:
        for done, checked in enumerate(chosen, 1):
            damages.extend(asdict(damage) for damage in verify_version(registry, checked))
            report(done)
    if damages or as_json:
        print_rows(damages, as_json, ("version", "what"))
    if not all(damage["restored"] for damage in damages):
        raise typer.Exit(1)
    if not as_json:
        versions = "1 version" if len(chosen) == 1 else f"{len(chosen)} versions"
        now = "intact again" if damages else "intact"
        say(f"{versions} verified: stored data is {now}, and check results are unchanged")


def _chosen(registry: "Registry", reference: str | None) -> "list[Version]":
    from datasets_registry.version import parsed_reference

    if reference is None:
        names = [*registry.names("dataset", everywhere=True), *registry.names("model", everywhere=True)]
        return [version for name in names for version in registry.versions(name)]
    name, which = parsed_reference(reference)
    return registry.versions(name) if which is None else [registry.resolve(reference)]
