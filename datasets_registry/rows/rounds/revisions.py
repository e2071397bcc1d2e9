"""Row type of revisions of the answers in which a round's policy failed."""

from typing import ClassVar

from pydantic import Field

from datasets_registry.rows.cai import RevisionStep


class FailureRevision(RevisionStep):
    """A revision of an answer that failed under red-teaming; both kinds are learned."""

    dataset: ClassVar[str] = "failure_revisions"
    grain: ClassVar[str] = (
        "One row per revision of a failure: of harmful help under principles against harm, of a refusal of a"
        " benign prompt under those for help."
    )

    round: int = Field(description="The round whose policy failed, from 1")
