"""Process rewards: solutions in steps → rollouts from their prefixes → step labels."""

from collections.abc import Sequence

from assets.building.declared import Dataset, dataset
from assets.profile.prm import Prm
from datasets_registry.rows.prm import Solution, StepLabels, StepRollout
from datasets_registry.rows.rft import Candidate
from methods.prm.labels import STEP_LABELS, label_settings
from methods.prm.rollouts import STEP_ROLLOUTS, rollout_settings
from methods.prm.solutions import SOLUTIONS
from methods.verifiers.contract import VerifierSettings

GROUP = "prm"


def prm(
    section: Prm, verifier: VerifierSettings, candidates: str = Candidate.dataset, at: str = ""
) -> Sequence[Dataset]:
    """``solutions`` chosen from ``candidates``, ``step_rollouts`` and ``step_labels``."""
    solutions, rollouts = at + Solution.dataset, at + StepRollout.dataset
    judging = section.judging if section.judge else None
    return [
        dataset(solutions, SOLUTIONS, section.solutions, group=GROUP, inputs={Candidate.dataset: candidates}),
        dataset(
            rollouts,
            STEP_ROLLOUTS,
            rollout_settings(section.labels, verifier),
            group=GROUP,
            inputs={Solution.dataset: solutions},
            models={"completer": section.completer},
        ),
        dataset(
            at + StepLabels.dataset,
            STEP_LABELS,
            label_settings(section.labels, section.completer, judging),
            group=GROUP,
            inputs={Solution.dataset: solutions, StepRollout.dataset: rollouts},
            models={"judge": section.judge or ""},
        ),
    ]
