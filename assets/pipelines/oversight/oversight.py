"""Scalable oversight: passages and worked solutions → questions with two opposed answers."""

from collections.abc import Sequence

from assets.building.declared import Dataset, dataset
from assets.profile.oversight.oversight import Oversight
from datasets_registry.rows.oversight.questions import OversightQuestion, PassageQuestion
from datasets_registry.rows.rft import Candidate
from methods.oversight.passages import PASSAGE_QUESTIONS
from methods.oversight.questions import OVERSIGHT_QUESTIONS

GROUP = "oversight"


def oversight(section: Oversight, candidates: str = Candidate.dataset, at: str = "") -> Sequence[Dataset]:
    """``passages`` (unless imported) and ``oversight_questions``."""
    passages, read = at + PassageQuestion.dataset, section.questions.of
    made = [dataset(passages, PASSAGE_QUESTIONS, section.passages, group=GROUP)] if section.passages else []
    return [
        *made,
        dataset(
            at + OversightQuestion.dataset,
            OVERSIGHT_QUESTIONS,
            section.questions.method,
            group=GROUP,
            inputs={
                PassageQuestion.dataset: passages if "passages" in read else "",
                Candidate.dataset: candidates if "candidates" in read else "",
            },
        ),
    ]
