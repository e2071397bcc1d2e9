"""What can go wrong for a person: every message names the value and the remedy.

TrimtabError
├── BadInput          a profile, prompt file, constitution, name or model directory cannot be used
│   └── Faults        several things of one file are wrong at once
├── UnknownVersion    no such dataset, model or version
├── UnpassedVersion   the version exists but a blocking check has not passed
│   └── ReviewsWait   nobody has reviewed what people have to review
├── BrokenObject      a stored file is missing or is not what the catalog says
├── BrokenCatalog     the catalog is gone, cannot be opened, or is another folder's
├── StoreFailed       the bucket of objects does not answer
│   └── StoreRefused  it does not take the credentials, or no longer: bad input, too
├── OverBudget        generation would spend, or has spent, more than the profile's budget
│   └── HoursSpent    automatic runs took a day's hours already
├── NoSpace           the state folder cannot take more data
└── ModelFailed       a model or a trainer stopped without a result
"""

from collections.abc import Sequence


class TrimtabError(Exception):
    """Base of every error that is shown to a person as one line."""


class BadInput(TrimtabError):
    """A value given by a person cannot be used."""


class Faults(BadInput):
    """Several things of one file are wrong: a sentence for each."""

    def __init__(self, sentences: Sequence[str]) -> None:
        self.sentences = tuple(sentences)
        super().__init__("; ".join(self.sentences))


class UnknownVersion(TrimtabError):
    """The named dataset, model or version does not exist."""


class UnpassedVersion(TrimtabError):
    """The version exists, but a blocking check has not passed; in ``brief`` without the check."""

    def __init__(self, sentence: str, brief: str | None = None) -> None:
        super().__init__(sentence)
        self.brief = brief or sentence


class ReviewsWait(UnpassedVersion):
    """People have to review first, and nobody has."""


class BrokenObject(TrimtabError):
    """A stored object is missing or does not match its hash; in ``brief`` without the remedy."""

    def __init__(self, sentence: str, brief: str | None = None) -> None:
        super().__init__(sentence)
        self.brief = brief or sentence


class BrokenCatalog(TrimtabError):
    """The catalog is gone, cannot be opened, or belongs to another state folder."""


class StoreFailed(TrimtabError):
    """The bucket of objects does not answer, or not as it should."""


class StoreRefused(StoreFailed, BadInput):
    """The bucket does not take the credentials: they are wrong, or have expired amid a run."""


class OverBudget(TrimtabError):
    """Generation would spend, or has spent, more than the profile allows."""


class HoursSpent(OverBudget):
    """Automatic runs have taken as many hours today as the profile allows."""


class NoSpace(TrimtabError):
    """The state folder cannot be written."""


class ModelFailed(TrimtabError):
    """A model or trainer stopped without a usable result."""


def first_line(error: BaseException) -> str:
    """What an error of a library says, in a line; the error's type where it says nothing."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
