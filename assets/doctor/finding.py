"""What the doctor found: something that is well, or that is wrong with its remedy."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from datasets_registry.errors import TrimtabError


@dataclass(frozen=True)
class Finding:
    """What was looked at, what is so, and what to do where that is wrong."""

    about: str
    what: str
    remedy: str | None = None
    well: bool = True


def wrong(about: str, what: str, remedy: str) -> Finding:
    """A finding that needs somebody to do ``remedy``."""
    return Finding(about, what, remedy, well=False)


@contextmanager
def refusals(about: str, findings: list[Finding]) -> Iterator[None]:
    """Add what is refused within the block to ``findings``; its sentence has the remedy after a colon."""
    try:
        yield
    except TrimtabError as error:
        what, _, remedy = str(error).rpartition(": ")
        findings.append(wrong(about, what or str(error), remedy if what else "see the sentence"))
