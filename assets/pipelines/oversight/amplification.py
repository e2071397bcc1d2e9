"""Amplification: problems → trees of smaller questions, answered by a policy → labels that it learns."""

from collections.abc import Sequence

from assets.building.declared import Dataset, dataset
from assets.profile.oversight.amplification import Amplification
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.oversight.amplified import AmplifiedAnswer, AmplifiedLabel
from datasets_registry.rows.rft import GoldVerdict
from methods.oversight.amplification.answers import AMPLIFIED_ANSWERS
from methods.oversight.amplification.labels import AMPLIFIED_LABELS
from methods.verifiers.contract import VerifierSettings

GROUP = "oversight"


def amplification(
    section: Amplification,
    policy: str,
    verifier: VerifierSettings,
    problems: str = Problem.dataset,
    at: str = "",
) -> Sequence[Dataset]:
    """``amplified_answers`` of a policy to ``problems``, and the ``amplified_labels`` of enough votes."""
    answers = at + AmplifiedAnswer.dataset
    return [
        dataset(
            answers,
            AMPLIFIED_ANSWERS,
            section.method(verifier),
            group=GROUP,
            inputs={Problem.dataset: problems, GoldVerdict.dataset: GoldVerdict.dataset},
            models={"policy": policy, "decomposer": section.splitter or ""},
        ),
        dataset(
            at + AmplifiedLabel.dataset,
            AMPLIFIED_LABELS,
            section.labels,
            group=GROUP,
            inputs={AmplifiedAnswer.dataset: answers},
        ),
    ]
