"""trimtab verify [NAME[@N]] and trimtab gc: whether stored data is intact, and which files can go."""

import re
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

import typer

from assets.cli.printing import Json, open_state, print_rows, progress_bar, say
from datasets_registry.errors import BadInput
from datasets_registry.garbage import collect
from datasets_registry.registry import Registry
from datasets_registry.version import Version, parsed_reference
from quality.auditing.verify import verify as verify_version

UNITS = {"m": "minutes", "h": "hours", "d": "days"}
LEAST_GRACE = timedelta(minutes=10)


def verify(
    version: Annotated[
        str | None, typer.Argument(help="A dataset or model, or one version; all if left out.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Hash stored data and models again, and rerun the checks.

    Exits with code 1 if anything is damaged.
    """
    registry = open_state()
    chosen = _chosen(registry, version)
    damages: list[dict[str, str]] = []
    with progress_bar("verifying", len(chosen), "versions") as report:
        for done, checked in enumerate(chosen, 1):
            damages.extend(asdict(damage) for damage in verify_version(registry, checked))
            report(done)
    if damages or as_json:
        print_rows(damages, as_json, ("version", "what"))
    if damages:
        raise typer.Exit(1)
    if not as_json:
        versions = "1 version" if len(chosen) == 1 else f"{len(chosen)} versions"
        say(f"{versions} verified: stored data is intact, and check results are unchanged")


def _chosen(registry: Registry, reference: str | None) -> list[Version]:
    if reference is None:
        names = registry.names("dataset") + registry.names("model")
        return [version for name in names for version in registry.versions(name)]
    name, which = parsed_reference(reference)
    return registry.versions(name) if which is None else [registry.resolve(reference)]


def gc(
    remove: Annotated[
        bool, typer.Option("--remove", help="Remove the files; without it they are only listed.")
    ] = False,
    grace: Annotated[str, typer.Option(help="Keep files changed within this time: 90m, 24h, 7d.")] = "24h",
    as_json: Json = False,
) -> None:
    """List files that nothing needs; --remove deletes them."""
    collected = collect(open_state(), _duration(grace), dry_run=not remove)
    rows = [{"path": str(path)} for path in collected.paths]
    if rows or as_json:
        print_rows(rows, as_json, ("path",))
    if not as_json:
        verb = "removed" if remove else "would be removed with --remove"
        say(
            f"{len(rows)} files, {collected.num_bytes / 1e6:.1f} MB, {verb}; "
            f"{collected.waiting} more are younger than {grace}"
        )


def _duration(text: str) -> timedelta:
    match = re.fullmatch(r"(\d{1,6})([mhd])", text)
    if not match:
        raise BadInput(f"--grace {text!r} is not a duration: write 90m, 24h or 7d")
    duration = timedelta(**{UNITS[match[2]]: int(match[1])})
    if duration < LEAST_GRACE:
        raise BadInput(f"--grace {text} is too short for a commit or query in progress: use 10m or more")
    return duration
