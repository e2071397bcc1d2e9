"""trimtab verify [DATASET[@N]] and trimtab gc: whether the store is whole, and what it can let go."""

import re
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

import typer

from assets.cli.printing import Json, open_state, print_rows, progress_bar
from datasets_registry.errors import BadInput
from datasets_registry.garbage import collect
from datasets_registry.registry import Registry
from datasets_registry.version import Version
from quality.auditing.verify import verify as verify_version

UNITS = {"m": "minutes", "h": "hours", "d": "days"}
LEAST_GRACE = timedelta(minutes=10)


def verify(
    version: Annotated[str | None, typer.Argument(help="A dataset or model, or one version of it.")] = None,
    as_json: Json = False,
) -> None:
    """Hash stored objects and models again and run checks again; exit code 1 where anything is wrong."""
    registry = open_state()
    chosen = _chosen(registry, version)
    found: list[dict[str, str]] = []
    with progress_bar("verifying", len(chosen), "versions") as report:
        for done, one in enumerate(chosen, 1):
            found.extend(asdict(damage) for damage in verify_version(registry, one))
            report(done)
    if found or as_json:
        print_rows(found, as_json, ("version", "what"))
    if found:
        raise typer.Exit(1)
    if not as_json:
        print(f"{len(chosen)} versions are whole, and their checks find what they found before")


def _chosen(registry: Registry, reference: str | None) -> list[Version]:
    if reference is None:
        names = registry.names("dataset") + registry.names("model")
        return [one for name in names for one in registry.versions(name)]
    return [registry.resolve(reference)] if "@" in reference else registry.versions(reference)


def gc(
    remove: Annotated[
        bool, typer.Option("--remove", help="Remove; without it, only say what would go.")
    ] = False,
    grace: Annotated[
        str, typer.Option(help="Leave what was touched within this time: 90m, 24h, 7d.")
    ] = "24h",
    as_json: Json = False,
) -> None:
    """Find files that no version, model or recent writer needs, and remove them with --remove."""
    collected = collect(open_state(), _duration(grace), dry_run=not remove)
    rows = [{"path": str(path)} for path in collected.paths]
    if rows or as_json:
        print_rows(rows, as_json, ("path",))
    if not as_json:
        verb = "removed" if remove else "would be removed with --remove"
        print(
            f"{len(rows)} files, {collected.num_bytes / 1e6:.1f} MB, {verb}; "
            f"{collected.waiting} more are younger than {grace}"
        )


def _duration(text: str) -> timedelta:
    match = re.fullmatch(r"(\d{1,6})([mhd])", text)
    if not match:
        raise BadInput(f"grace {text!r} is no time: write 90m, 24h or 7d")
    found = timedelta(**{UNITS[match[2]]: int(match[1])})
    if found < LEAST_GRACE:
        raise BadInput(f"grace {text} is too short for a commit or a reader at work: take 10m or more")
    return found
