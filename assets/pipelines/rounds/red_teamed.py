"""Red-teaming of each round's policy, whose failures join the next round's prompts."""

from collections.abc import Sequence

from assets.building.declared import Dataset, Roles, dataset
from assets.pipelines.asked import asked as judge_asked
from assets.pipelines.cai import revision_settings
from assets.pipelines.prompts import DEFAULT_SETS
from assets.profile.profile import Profile
from assets.profile.rounds.rounds import Rounds
from assets.profile.rounds.unrolled import place_of, policy_of
from datasets_registry.rows.cai import HelpfulAnswer, RevisionStep, SftExample
from datasets_registry.rows.imported import Demonstration
from datasets_registry.rows.rounds.failures import FeedbackFigure, RedTeamFailure
from datasets_registry.rows.rounds.prompts import RoundPrompt
from datasets_registry.rows.rounds.revisions import FailureRevision
from methods.judging.constitution import Constitution
from methods.rounds.failures import RED_TEAM_FAILURES, RedTeamSettings
from methods.rounds.gap import FEEDBACK_FIGURES, GapSettings
from methods.rounds.revisions import FAILURE_REVISIONS, FailureRevisionSettings
from methods.rounds.sft_mix import FAILURE_SFT


def fed_back(name: str, section: Rounds, number: int) -> Roles:
    """What earlier rounds were asked, and how they failed, where failures are fed back."""
    if section.red_teaming is None:
        return {}
    earlier = [place_of(name, before) for before in range(1, number)]
    return {
        row.dataset: tuple(place + row.dataset for place in earlier) for row in (RoundPrompt, RedTeamFailure)
    }


def red_teamed(
    name: str, section: Rounds, number: int, profile: Profile, constitution: Constitution
) -> Sequence[Dataset]:
    """``red_team_failures`` of the round's policy, its ``feedback_figures``, and what [cai] makes of them."""
    if section.red_teaming is None:
        return []
    failures = _failures(name, section, number, profile)
    figures = dataset(
        place_of(name, number) + FeedbackFigure.dataset,
        FEEDBACK_FIGURES,
        GapSettings(round=number),
        group=name,
        inputs={RedTeamFailure.dataset: failures.name},
    )
    return [failures, figures, *_revised(name, number, profile, constitution)]


def _revised(name: str, number: int, profile: Profile, constitution: Constitution) -> Sequence[Dataset]:
    """``failure_revisions``, and ``cai_sft`` with those of all rounds so far, for whoever trains on it."""
    cai, judges = profile.cai, profile.judges
    helpful = _asking_for_help(constitution)
    if cai is None or judges is None or not helpful:
        return []
    at, places = place_of(name, number), [place_of(name, each) for each in range(1, number + 1)]
    asked = revision_settings(cai, profile.answers, judges.scores, constitution)
    return [
        dataset(
            at + FailureRevision.dataset,
            FAILURE_REVISIONS,
            FailureRevisionSettings(**dict(asked), round=number, helpful=helpful),
            group=name,
            inputs={RedTeamFailure.dataset: at + RedTeamFailure.dataset},
            models={"policy": policy_of(name, number), "judge": judges.scores.judge},
        ),
        dataset(
            at + SftExample.dataset,
            FAILURE_SFT,
            cai.mix.method,
            group=name,
            inputs={
                **{
                    row.dataset: tuple(place + row.dataset for place in places)
                    for row in (FailureRevision, RedTeamFailure)
                },
                RevisionStep.dataset: RevisionStep.dataset,
                HelpfulAnswer.dataset: HelpfulAnswer.dataset,
                Demonstration.dataset: cai.mix.capability or "",
            },
            models={"policy": policy_of(name, number)},
        ),
    ]


def _asking_for_help(constitution: Constitution) -> tuple[str, ...]:
    """The principles under which a refusal is revised into help."""
    return tuple(
        principle.id
        for principle in constitution.principles
        if principle.revises and principle.signal == "helpfulness"
    )


def _failures(name: str, section: Rounds, number: int, profile: Profile) -> Dataset:
    assert section.red_teaming is not None
    assert profile.judges is not None and profile.rlaif is not None
    answers, judge = profile.answers, profile.judges.scores.judge
    judging = judge_asked(profile.rlaif.judge, [judge], profile, f"rounds.{name}.red_teaming")
    settings = RedTeamSettings(
        round=number,
        selection=section.red_teaming.selection,
        judging=judging.method.comparison,
        system_prompt=answers.system_prompt,
        answers=answers.sampling,
        seed=answers.seed,
    )
    asked = tuple(place_of(name, each) + RoundPrompt.dataset for each in range(1, number + 1))
    return dataset(
        place_of(name, number) + RedTeamFailure.dataset,
        RED_TEAM_FAILURES,
        settings,
        group=name,
        inputs={**DEFAULT_SETS.roles, RoundPrompt.dataset: asked},
        models={"policy": policy_of(name, number), "judge": judge},
    )
