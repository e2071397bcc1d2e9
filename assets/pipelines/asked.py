"""How judges are asked: each begins its turn itself where its server is not known to continue one."""

from collections.abc import Iterable
from typing import TypeVar

from assets.profile.judges import Scores
from assets.profile.profile import Profile
from assets.profile.rlaif import Judging
from datasets_registry.errors import BadInput
from datasets_registry.settings import Settings
from methods.judging.comparison import ComparisonSettings
from methods.prm.judge import StepJudgeSettings

A = TypeVar("A", Judging, ComparisonSettings, Scores, StepJudgeSettings)


def as_served(profile: Profile) -> Profile:
    """``profile`` with a turn of the judge's own where a judge is hosted and nothing else is said.

    Raises BadInput where it says that a hosted judge's turn is begun for it.
    """
    update: dict[str, Settings] = {}
    if profile.rlaif:
        judge = asked(profile.rlaif.judge, profile.rlaif.judge.judges, profile, "rlaif.judge")
        update["rlaif"] = profile.rlaif.model_copy(update={"judge": judge})
    if profile.judges:
        scores = asked(profile.judges.scores, [profile.judges.scores.judge], profile, "judges.scores")
        update["judges"] = profile.judges.model_copy(update={"scores": scores})
    if profile.prm and profile.prm.judge:
        judging = asked(profile.prm.judging, [profile.prm.judge], profile, "prm.judging")
        update["prm"] = profile.prm.model_copy(update={"judging": judging})
    return profile.model_copy(update=update)


def asked(asking: A, judges: Iterable[str], profile: Profile, place: str) -> A:
    """``asking`` as ``judges`` can be asked; ``place`` is where the profile says how.

    Raises BadInput where it says that a hosted judge's turn is begun for it.
    """
    hosted = next((name for name in judges if profile.given(name).hosted), None)
    if hosted is None:
        return asking
    if "begun" not in asking.model_fields_set:
        # a second token of 10 would have to go on behind the first
        one_token: dict[str, bool] = {"ten_is_one_token": True} if isinstance(asking, Scores) else {}
        return asking.model_copy(update={"begun": False, **one_token})
    if asking.begun:
        raise BadInput(
            f"{place}.begun is true, and the server of [models.{hosted}] is not known to continue an "
            "unfinished turn: leave begun out, or set it to false"
        )
    return asking
