"""How judges are asked: each as its server can answer, where the profile says nothing else."""

from collections.abc import Iterable
from typing import TypeVar

from assets.profile.judges import Scores
from assets.profile.profile import Profile
from assets.profile.rlaif import Judging
from datasets_registry.documents import validated
from datasets_registry.errors import BadInput
from datasets_registry.settings import Settings
from methods.judging.asking import Asking
from methods.judging.comparison import ComparisonSettings
from methods.prm.judge import StepJudgeSettings

A = TypeVar("A", Judging, ComparisonSettings, Scores, StepJudgeSettings, Asking)


def as_served(profile: Profile) -> Profile:
    """``profile`` with judges asked as their servers can answer, where it says nothing else.

    Raises BadInput where it asks for what a judge's server cannot give.
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
    if profile.oversight and (debates := profile.oversight.debates):
        # a debater that chooses its side is asked as the judge is
        asking = asked(
            debates.judging, [debates.judge, debates.debater], profile, "oversight.debates.judging"
        )
        debates = debates.model_copy(update={"judging": asking})
        update["oversight"] = profile.oversight.model_copy(update={"debates": debates})
    return profile.model_copy(update=update)


def asked(asking: A, judges: Iterable[str], profile: Profile, place: str) -> A:
    """``asking`` as ``judges`` can be asked; ``place`` is where the profile says how.

    Raises BadInput where it asks for what a judge's server cannot give.
    """
    hosted = [name for name in judges if profile.given(name).hosted]
    if not hosted:
        return asking
    own_turn = _in_own_turn(asking, hosted[0], place)
    wordy = next((name for name in hosted if profile.given(name).backend == "anthropic"), None)
    return own_turn if wordy is None else _in_words(own_turn, wordy, place)


def _in_own_turn(asking: A, judge: str, place: str) -> A:
    """``asking`` with the judge's turn begun by itself."""
    if "begun" not in asking.model_fields_set:
        # a second token of 10 would have to go on behind the first
        one_token: dict[str, bool] = {"ten_is_one_token": True} if isinstance(asking, Scores) else {}
        return asking.model_copy(update={"begun": False, **one_token})
    if asking.begun:
        raise BadInput(
            f"{place}.begun is true, and the server of [models.{judge}] is not known to continue an "
            "unfinished turn: leave begun out, or set it to false"
        )
    return asking


def _in_words(asking: A, judge: str, place: str) -> A:
    """``asking`` for an API that gives no probabilities, and draws at temperature 1 alone."""
    said, update = asking.model_fields_set, dict[str, object]()
    verdicts: str = asking.verdicts
    if verdicts == "probabilities" and "verdicts" in said:
        raise BadInput(
            f"{place}.verdicts is 'probabilities', and Anthropic's API, which serves [models.{judge}], gives "
            "none: take 'text' or 'schema'"
        )
    if verdicts == "probabilities":
        update["verdicts"] = "text"
    if "greedy" not in said:
        update["greedy"] = False
    # the settings together are held to their rules once more
    return validated(type(asking), {**asking.model_dump(), **update}, place)
