"""Amplified answers of a round: of the policy that it begins from, to the round's own problems."""

from collections.abc import Sequence

from assets.building.declared import Dataset
from assets.pipelines.oversight.amplification import amplification
from assets.profile.profile import Profile
from datasets_registry.rows.rounds.prompts import RoundProblem


def amplified(at: str, policy: str, profile: Profile) -> Sequence[Dataset]:
    """``amplified_answers`` to the round's problems, and ``amplified_labels``.

    Where ``oversight.amplification.difficulties`` names some, only problems of these are amplified.
    """
    assert profile.oversight is not None and profile.problems is not None
    section = profile.oversight.amplification
    assert section is not None
    # the round says how many problems it asks, and of which families
    every = section.model_copy(update={"number": None, "families": ()})
    return amplification(every, policy, profile.problems.verifier, at + RoundProblem.dataset, at)
