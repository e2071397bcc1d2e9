"""Red-teaming of each round's policy, whose failures join the next round's prompts."""

from collections.abc import Sequence

from assets.building.declared import Dataset, Roles, dataset
from assets.pipelines.prompts import DEFAULT_SETS
from assets.profile.profile import Profile
from assets.profile.rounds.rounds import Rounds
from assets.profile.rounds.unrolled import place_of, policy_of
from datasets_registry.rows.rounds.failures import RedTeamFailure
from datasets_registry.rows.rounds.prompts import RoundPrompt
from methods.rounds.failures import RED_TEAM_FAILURES, RedTeamSettings


def fed_back(name: str, section: Rounds, number: int) -> Roles:
    """What earlier rounds were asked, and how they failed, where failures are fed back."""
    if section.red_teaming is None:
        return {}
    earlier = [place_of(name, before) for before in range(1, number)]
    return {
        row.dataset: tuple(place + row.dataset for place in earlier) for row in (RoundPrompt, RedTeamFailure)
    }


def red_teamed(name: str, section: Rounds, number: int, profile: Profile) -> Sequence[Dataset]:
    """``red_team_failures`` of the round's policy."""
    if section.red_teaming is None:
        return []
    assert profile.judges is not None
    answers, judge = profile.answers, profile.judges.scores.judge
    settings = RedTeamSettings(
        round=number,
        selection=section.red_teaming.selection,
        system_prompt=answers.system_prompt,
        answers=answers.sampling,
        seed=answers.seed,
    )
    asked = tuple(place_of(name, each) + RoundPrompt.dataset for each in range(1, number + 1))
    return [
        dataset(
            place_of(name, number) + RedTeamFailure.dataset,
            RED_TEAM_FAILURES,
            settings,
            group=name,
            inputs={**DEFAULT_SETS.roles, RoundPrompt.dataset: asked},
            models={"policy": policy_of(name, number), "judge": judge},
        )
    ]
