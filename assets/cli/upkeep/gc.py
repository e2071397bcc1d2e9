"""trimtab gc: versions that a state can do without, where that is asked, and files that nothing needs."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from assets.cli.printing import Json, open_state, print_json, print_rows, say
from assets.cli.upkeep.asking import Yes, require_yes, size
from datasets_registry.errors import BadInput

if TYPE_CHECKING:
    from assets.upkeep.retention import Fate
    from datasets_registry.garbage import Collected
    from datasets_registry.registry import Registry
    from datasets_registry.version import Version

UNITS = {"m": "minutes", "h": "hours", "d": "days"}
LEAST_GRACE = timedelta(minutes=10)
Keep = Annotated[
    int | None,
    typer.Option(min=1, help="Also remove versions of models beyond the newest so many that passed."),
]
Datasets = Annotated[bool, typer.Option("--datasets", help="With --keep: of datasets too.")]


def gc(
    remove: Annotated[
        bool, typer.Option("--remove", help="Remove them; without it they are only listed.")
    ] = False,
    grace: Annotated[str, typer.Option(help="Keep files changed within this time: 90m, 24h, 7d.")] = "24h",
    keep: Keep = None,
    datasets: Datasets = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """List files that nothing needs; --remove deletes them.

    With --keep, versions go too, but for those that have a tag, that gates released, that people answered,
    that a run may read, or from which a version was made that stays. The table says why each stays, and
    --remove asks before they go. Their files go once the grace has passed.
    """
    from datasets_registry.garbage import collect

    waits = _duration(grace)
    if keep is None and (datasets or yes):
        raise BadInput("--datasets and --yes go with --keep N, which says how many versions stay")
    registry = open_state(to_write=remove and keep is not None)
    fates = _kept_to(registry, keep, datasets, remove, yes, as_json) if keep else None
    collected = collect(registry, waits, dry_run=not remove)
    if as_json:
        files = [{"path": place} for place in _places(registry, collected)]
        print_json(files if fates is None else {**_dumped(registry, fates, remove), "files": files})
    else:
        _print_files(_places(registry, collected), collected, remove, grace)


def _kept_to(
    registry: "Registry", keep: int, datasets: bool, remove: bool, yes: bool, as_json: bool
) -> "Sequence[Fate]":
    """What goes and stays; removed where that is asked for, and nobody says no."""
    from assets.upkeep.holding import Outside
    from assets.upkeep.retention import fates_of
    from assets.upkeep.running import running
    from datasets_registry.garbage import freed_bytes
    from datasets_registry.upkeep.removing import remove as remove_versions

    fates = fates_of(registry, keep, Outside.of(registry, running(registry)), datasets=datasets)
    going = [fate.version for fate in fates if fate.goes]
    if not as_json:
        _print_fates(fates)
        say(_total(going, size(freed_bytes(registry, going)), remove))
    if remove and going:
        require_yes(f"remove {len(going)} of {len(fates)} versions?", yes, "nothing is removed")
        remove_versions(registry, going)
    return fates


def _total(going: "Sequence[Version]", freed: str, remove: bool) -> str:
    if not going:
        return "every version stays"
    what = "1 version goes" if len(going) == 1 else f"{len(going)} versions go"
    return f"{what}: {freed} are freed {'once the grace has passed' if remove else 'after --remove'}"


def _print_fates(fates: "Sequence[Fate]") -> None:
    rows = [
        {
            "version": str(fate.version),
            "created": fate.version.created_at,
            "size": size(fate.num_bytes),
            "fate": "goes" if fate.goes else "stays",
            "why": fate.why,
        }
        for fate in fates
    ]
    if rows:
        print_rows(rows, False, ("version", "created", "size", "fate", "why"), can_go=("created",))


def _dumped(registry: "Registry", fates: "Sequence[Fate]", removed: bool) -> dict[str, object]:
    from datasets_registry.garbage import freed_bytes

    versions = [
        {"version": str(fate.version), "bytes": fate.num_bytes, "goes": fate.goes, "why": fate.why}
        for fate in fates
    ]
    going = [fate.version for fate in fates if fate.goes]
    return {"versions": versions, "bytes": freed_bytes(registry, going), "removed": removed}


def _places(registry: "Registry", collected: "Collected") -> list[str]:
    return [*map(str, collected.paths), *(f"{registry.store.url}/{name}" for name in collected.names)]


def _print_files(places: Sequence[str], collected: "Collected", removed: bool, grace: str) -> None:
    if places:
        print_rows([{"path": place} for place in places], False, ("path",))
    verb = "removed" if removed else "would be removed with --remove"
    say(
        f"{len(places)} files, {collected.num_bytes / 1e6:.1f} MB, {verb}; "
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
