"""A plug-in with a second round of constitutional AI and RLAIF: the same pipelines at another place."""

from collections.abc import Sequence

from assets.building.declared import Dataset
from assets.pipelines.cai import cai
from assets.pipelines.evaluation import evaluation
from assets.pipelines.judges import judges
from assets.pipelines.rlaif import rlaif
from assets.profile.profile import Profile

AT = "round_02/"


def declare(profile: Profile) -> Sequence[Dataset]:
    """The second round, of the policies at its place, with one revision in place of two."""
    assert profile.cai and profile.rlaif and profile.judges and profile.evaluation
    constitution, answers = profile.read_constitution(), profile.answers
    revised = profile.cai.model_copy(update={"policy": "dpo_policy", "num_revisions": 1})
    compared = profile.rlaif.model_copy(update={"policy": f"{AT}sft_policy"})
    measured = profile.evaluation.model_copy(
        update={"models": (f"{AT}sft_policy", f"{AT}dpo_policy"), "base": "dpo_policy"}
    )
    return [
        *cai(revised, answers, profile.judges.scores, constitution, at=AT),
        *rlaif(compared, answers, profile.judges, constitution, at=AT),
        *judges(profile.judges, compared, constitution, f"{AT}cai_revisions", at=AT),
        *evaluation(profile.model_copy(update={"evaluation": measured}), constitution, at=AT),
    ]
