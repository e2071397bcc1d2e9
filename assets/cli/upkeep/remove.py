"""trimtab rm NAME@VERSION…: versions that nothing stands on go."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from assets.cli.printing import Json, open_state, print_json, print_rows, say
from assets.cli.upkeep.asking import Yes, require_yes, size

if TYPE_CHECKING:
    from datasets_registry.registry import Registry
    from datasets_registry.version import Version

DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would go, and remove nothing.")]


def remove_command(
    references: Annotated[
        list[str], typer.Argument(metavar="NAME[@VERSION]...", help="NAME alone is all of its versions.")
    ],
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Remove versions that nothing stands on.

    A version stays while another was made from it that is not named too, while it has a tag, a run may read
    it, people answered it or gates released it. It is gone from every list at once, its number is not given
    again to other content, and `trimtab gc --remove` frees its files a day later. Stored completions stay.
    """
    from assets.upkeep.holding import Outside, all_holds
    from assets.upkeep.running import running
    from datasets_registry.garbage import freed_bytes
    from datasets_registry.upkeep.removing import refusal, remove
    from datasets_registry.version import parsed_reference

    registry = open_state(to_write=not dry_run)
    versions = _named(registry, references)
    if holds := all_holds(registry, versions, Outside.of(registry, running(registry))):
        raise refusal(holds)
    num_bytes = freed_bytes(registry, versions)
    if not as_json:
        _print(versions, num_bytes)
    if not dry_run:
        if any(parsed_reference(reference)[1] is None for reference in references):
            require_yes(f"remove {_count(versions)}?", yes, "nothing is removed")
        remove(registry, versions)
    if as_json:
        gone = [{"version": str(version), "kind": version.kind} for version in versions]
        print_json({"versions": gone, "bytes": num_bytes, "removed": not dry_run})
    else:
        say(f"{_count(versions)} {'would be' if dry_run else 'are' if len(versions) > 1 else 'is'} removed")


def _named(registry: "Registry", references: Sequence[str]) -> "list[Version]":
    """The versions, each once, in the order in which they are named."""
    from datasets_registry.version import parsed_reference

    versions: dict[str, Version] = {}
    for reference in references:
        name, which = parsed_reference(reference)
        found = registry.versions(name) if which is None else [registry.resolve(reference)]
        versions |= {str(version): version for version in found}
    return list(versions.values())


def _count(versions: "Sequence[Version]") -> str:
    return "1 version" if len(versions) == 1 else f"{len(versions)} versions"


def _print(versions: "Sequence[Version]", num_bytes: int) -> None:
    rows = [
        {
            "version": str(version),
            "kind": version.kind,
            "status": version.status,
            "rows": None if version.num_rows is None else f"{version.num_rows:,}",
            "created": version.created_at,
        }
        for version in versions
    ]
    print_rows(rows, False, ("version", "kind", "status", "rows", "created"))
    if num_bytes:
        say(f"`trimtab gc --remove` frees {size(num_bytes)} 24 hours later; --grace says how much sooner")
    else:
        say("no file is freed: other versions have the same, or they lie outside of the state")
