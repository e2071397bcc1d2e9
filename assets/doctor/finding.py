"""What the doctor found: something that is well, or that is wrong with its remedy."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from datasets_registry.errors import TrimtabError

AGAIN = "mend it, then run `trimtab doctor` again"


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


def refused(about: str, sentence: str) -> Finding:
    """A refusal as a finding; its sentence has the remedy after a colon."""
    what, _, remedy = sentence.rpartition(": ")
    return wrong(about, what, remedy) if what else wrong(about, sentence, AGAIN)


@contextmanager
def refusals(about: str, findings: list[Finding], well: str | None = None) -> Iterator[None]:
    """Add what is refused within the block to ``findings``; else that it is ``well``, where that is given."""
    try:
        yield
    except TrimtabError as error:
        findings.append(refused(about, str(error)))
    else:
        if well is not None:
            findings.append(Finding(about, well))
