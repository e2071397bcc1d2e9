"""Constitutional AI: prompts → revisions and helpful answers → the SFT set."""

from collections.abc import Sequence

from assets.building.declared import Dataset, dataset
from assets.pipelines.prompts import DEFAULT_SETS, PromptSets
from assets.profile.cai import Cai
from assets.profile.judges import Scores
from assets.profile.prompts import Answers
from datasets_registry.rows.cai import HelpfulAnswer, RevisionStep, SftExample
from datasets_registry.rows.imported import Demonstration
from datasets_registry.rows.prompts import HelpfulPrompt
from datasets_registry.rows.rounds.prompts import RoundPrompt
from methods.cai.helpful_answers import HELPFUL_ANSWERS
from methods.cai.requests import AnswerSettings, RevisionPrinciple, RevisionSettings
from methods.cai.revisions import REVISIONS
from methods.cai.sft_mix import CAI_SFT
from methods.judging.constitution import Constitution

GROUP = "cai"


def cai(
    section: Cai,
    answers: Answers,
    scores: Scores,
    constitution: Constitution,
    sets: PromptSets = DEFAULT_SETS,
    at: str = "",
) -> Sequence[Dataset]:
    """``cai_revisions``, ``helpful_answers`` and ``cai_sft`` of the section's policy."""
    revisions, helpful = at + RevisionStep.dataset, at + HelpfulAnswer.dataset
    policy, judge = section.policy, scores.judge
    return [
        dataset(
            revisions,
            REVISIONS,
            revision_settings(section, answers, scores, constitution),
            group=GROUP,
            inputs=sets.roles,
            models={"policy": policy, "judge": judge},
        ),
        dataset(
            helpful,
            HELPFUL_ANSWERS,
            _answer_settings(answers),
            group=GROUP,
            inputs={HelpfulPrompt.dataset: sets.helpful, RoundPrompt.dataset: sets.rounds},
            models={"policy": policy},
        ),
        dataset(
            at + SftExample.dataset,
            CAI_SFT,
            section.mix.method,
            group=GROUP,
            inputs={
                RevisionStep.dataset: revisions,
                HelpfulAnswer.dataset: helpful,
                Demonstration.dataset: section.mix.capability or "",
                # its checks look there for the prompts that no prompt set has
                RoundPrompt.dataset: sets.rounds,
            },
            models={"policy": policy},
        ),
    ]


def _answer_settings(answers: Answers) -> AnswerSettings:
    return AnswerSettings(system_prompt=answers.system_prompt, answers=answers.sampling, seed=answers.seed)


def revision_settings(
    section: Cai, answers: Answers, scores: Scores, constitution: Constitution
) -> RevisionSettings:
    """How completions are put through critique and revision."""
    critiques = answers.sampling.model_copy(update={"max_tokens": section.critique_max_tokens})
    return RevisionSettings(
        **dict(_answer_settings(answers)),
        num_revisions=section.num_revisions,
        num_examples=section.num_examples,
        num_controls=section.num_controls,
        ablation=section.ablation,
        critiques=critiques,
        principles={
            principle.id: RevisionPrinciple(
                critique_request=principle.critique_request, revision_request=principle.revision_request
            )
            for principle in constitution.principles
            if principle.revises
        },
        scores=scores.method,
    )
