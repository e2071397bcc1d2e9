"""Sections of profiles of earlier releases, each with the one that took its place."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

SUCCESSORS = Path(__file__).with_suffix(".toml")


def successor(content: Mapping[str, object]) -> str | None:
    """What to write in place of the first former section of a profile; None if it has none."""
    former = _successors()
    for section, inner in content.items():
        if section == "reasoning" and isinstance(inner, Mapping):
            for part in inner:
                if part in former["reasoning"]:
                    return f"[reasoning.{part}] is now {former['reasoning'][part]}"
        if section == "plugins" and not isinstance(inner, Mapping):
            return f"`plugins = {inner!r}` is now `modules` in [plugins]"
        if section in former["sections"]:
            return f"[{section}] is now {former['sections'][section]}"
    return None


@cache
def _successors() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(SUCCESSORS.read_text(encoding="utf-8"))
