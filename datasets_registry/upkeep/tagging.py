"""Giving versions tags, moving tags and taking them away."""

from string import ascii_lowercase, hexdigits

from datasets_registry.catalog.account import account
from datasets_registry.catalog.records import now
from datasets_registry.catalog.removed import require_there
from datasets_registry.catalog.tags import Tag, drop_tag, put_tag, tagged, tags_in
from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from datasets_registry.version import MOVING, TAG, Version, characters_problem

LONGEST_TAG = 40
# of a hash, commands show twelve digits
_FEW_DIGITS = 8
_JOINTS = "-_."


def add_tag(registry: Registry, version: Version, word: str, *, move: bool = False) -> tuple[Tag, Tag | None]:
    """The tag ``word`` at ``version``, and what it was before: the same where it was there already.

    Raises BadInput for a word that can be no tag, and for a tag of another version unless it may ``move``,
    and UnknownVersion where the version was removed meanwhile.
    """
    word = usable_tag(word)
    with registry.records.writing() as connection:
        require_there(connection, [version])
        there = {tag.tag: tag for tag in tags_in(connection, version.whole)}.get(word)
        if there and there.number == version.number:
            return there, there
        if there and not move:
            raise BadInput(
                f"{word} is {there.version}, by {there.who} on {there.at[:10]}: choose another tag, or "
                f"--move it to {version}"
            )
        before = there.number if there else None
        tag = Tag(name=version.whole, tag=word, number=version.number, who=account(), at=now(), before=before)
        put_tag(connection, tag)
    registry.refresh_views()
    return tag, there


def remove_tag(registry: Registry, name: str, word: str) -> Tag:
    """The tag ``word`` of ``name``, which is taken away; the version stays.

    Raises UnknownVersion where there is no such name or tag.
    """
    versions, stored = registry.versions(name), registry.records.line.stored(name)
    with registry.records.writing() as connection:
        tags = tags_in(connection, stored)
        tagged(versions, tags, word)
        drop_tag(connection, stored, word)
    registry.refresh_views()
    return next(tag for tag in tags if tag.tag == word)


def usable_tag(word: str) -> str:
    """``word`` itself; raises BadInput with what keeps it from being a tag."""
    problem = _problem(word)
    if problem:
        raise BadInput(f"tag {word[:LONGEST_TAG]!r} is not usable: {problem}")
    return word


def _problem(word: str) -> str | None:
    if len(word) > LONGEST_TAG:
        return f"it has {len(word)} characters, and may have {LONGEST_TAG}"
    if word in MOVING:
        return "it would name another version tomorrow; NAME alone is the latest that passed"
    if word.lstrip("vV").isdigit():
        return "it looks like a version's number; choose a word, such as paper"
    if len(word) >= _FEW_DIGITS and not {*word} - {*hexdigits}:
        return "it looks like a hash; choose a word, such as paper"
    if problem := characters_problem(word, _JOINTS, ", hyphens, underscores and dots"):
        return problem
    if not word or word[0] not in ascii_lowercase:
        return "it does not begin with a letter; choose a word, such as paper"
    return (
        None if TAG.fullmatch(word) else "each hyphen, underscore or dot has a letter or digit on both sides"
    )
