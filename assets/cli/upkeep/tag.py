"""trimtab tag NAME@VERSION WORD: names that people give versions, such as paper."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from assets.cli.printing import Json, open_state, print_rows, say
from datasets_registry.errors import BadInput

if TYPE_CHECKING:
    from datasets_registry.catalog.tags import Tag
    from datasets_registry.registry import Registry

Move = Annotated[bool, typer.Option("--move", help="Take the tag from the version that has it.")]
Remove = Annotated[bool, typer.Option("--remove", help="Take the tag away; the version stays.")]


def tag_command(
    version: Annotated[
        str | None, typer.Argument(help="NAME@3, or NAME for the latest passed; without a word to list tags.")
    ] = None,
    word: Annotated[str | None, typer.Argument(help="The tag, such as paper.")] = None,
    move: Move = False,
    remove: Remove = False,
    as_json: Json = False,
) -> None:
    """Give a version a name, such as paper; list tags without one.

    NAME@paper is then that version in every command, in SQL and in Python, and it is never removed while it
    has the tag. In profiles, which say what is built, versions have numbers.
    """
    if word is None or version is None:
        _refuse_changes(version, move or remove)
        of = f" of {version}" if version else ""
        _print(_listed(open_state(), version), as_json, f"nothing{of} has a tag")
        return
    if move and remove:
        raise BadInput("--move and --remove are two things: choose one")
    registry = open_state(to_write=True)
    tag, told = _removed(registry, version, word) if remove else _added(registry, version, word, move)
    if as_json:
        _print([tag], True, told)
    else:
        say(told)


def _refuse_changes(version: str | None, changes: bool) -> None:
    if changes:
        raise BadInput(f"say which tag: `trimtab tag {version or 'NAME@VERSION'} WORD` and the option")


def _listed(registry: "Registry", version: str | None) -> "Sequence[Tag]":
    from datasets_registry.version import parsed_reference

    if version is None:
        return registry.tags()
    name, which = parsed_reference(version)
    at = None if which is None else registry.resolve(version).number
    registry.versions(name)
    return [tag for tag in registry.tags(name) if at in (None, tag.number)]


def _added(registry: "Registry", reference: str, word: str, move: bool) -> "tuple[Tag, str]":
    from datasets_registry.upkeep.tagging import add_tag, usable_tag

    usable_tag(word)
    tag, before = add_tag(registry, registry.resolve(reference), word, move=move)
    if before == tag:
        return tag, f"{tag.version} has the tag {word} already"
    if before:
        return tag, f"{word} is moved from {before.version} to {tag.version}"
    return tag, f"{tag.version} has the tag {word}: {tag} names it"


def _removed(registry: "Registry", reference: str, word: str) -> "tuple[Tag, str]":
    from datasets_registry.upkeep.tagging import remove_tag
    from datasets_registry.version import parsed_reference

    name, which = parsed_reference(reference)
    there = registry.resolve(f"{name}@{word}")
    if which is not None and registry.resolve(reference) != there:
        raise BadInput(f"{word} is {there}, and not {reference}: name the version that has it")
    tag = remove_tag(registry, name, word)
    return tag, f"{tag.version} has the tag {word} no longer"


def _print(tags: "Sequence[Tag]", as_json: bool, none: str) -> None:
    rows = [tag.model_dump() | {"version": tag.version} for tag in tags]
    if as_json:
        print_rows(rows, True, ())
    elif rows:
        shown = [row | {"moved from": row["before"] and f"@{row['before']}"} for row in rows]
        print_rows(shown, False, ("version", "tag", "who", "at", "moved from"))
    else:
        say(f"{none}: `trimtab tag NAME@VERSION WORD` gives it one")
