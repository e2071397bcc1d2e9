"""RLAIF: completion pairs of a policy → AI judgements → preference pairs."""

from collections.abc import Sequence

from assets.building.declared import Dataset, dataset
from assets.pipelines.prompts import DEFAULT_SETS, PromptSets
from assets.profile.judges import Judges
from assets.profile.prompts import Answers
from assets.profile.rlaif import Rlaif
from datasets_registry.rows.judges import JudgeFigure
from datasets_registry.rows.rlaif import AiJudgement, CompletionPair, PreferencePair
from methods.judging.constitution import Constitution
from methods.rlaif.judgements import AI_JUDGEMENTS, JudgedPrinciple, JudgementSettings
from methods.rlaif.labels import PREFERENCE_PAIRS
from methods.rlaif.pairs import COMPLETION_PAIRS, PairSettings

GROUP = "rlaif"


def rlaif(
    section: Rlaif,
    answers: Answers,
    judges: Judges,
    constitution: Constitution,
    sets: PromptSets = DEFAULT_SETS,
    at: str = "",
) -> Sequence[Dataset]:
    """``completion_pairs``, ``ai_judgements`` and ``preference_pairs`` of the section's policy.

    Where the judge's certificate is required, no model trains on the preferences before it has passed.
    Raises BadInput where a principle that is weighed is none of the constitution's.
    """
    for principle_id in section.labels.principle_weights:
        constitution.require(principle_id, "rlaif.labels.principle_weights")
    pairs, judgements = at + CompletionPair.dataset, at + AiJudgement.dataset
    scored = section.pairs.selection == "best_worst"
    return [
        dataset(
            pairs,
            COMPLETION_PAIRS,
            _pair_settings(section, answers, judges),
            group=GROUP,
            inputs=sets.roles,
            models={"policy": section.policy or "", "judge": judges.scores.judge if scored else ""},
        ),
        dataset(
            judgements,
            AI_JUDGEMENTS,
            _judgement_settings(section, constitution),
            group=GROUP,
            inputs={CompletionPair.dataset: pairs},
            models={"judges": section.judge.judges},
        ),
        dataset(
            at + PreferencePair.dataset,
            PREFERENCE_PAIRS,
            section.labels,
            group=GROUP,
            inputs={CompletionPair.dataset: pairs, AiJudgement.dataset: judgements},
            guards=(at + JudgeFigure.dataset,) if judges.certificate.required else (),
        ),
    ]


def _pair_settings(section: Rlaif, answers: Answers, judges: Judges) -> PairSettings:
    scored = section.pairs.selection == "best_worst"
    return PairSettings(
        **section.pairs.model_dump(),
        system_prompt=answers.system_prompt,
        answers=answers.sampling,
        seed=answers.seed,
        scores=judges.scores.method if scored else None,
        weights=section.labels.weights if scored else None,
    )


def _judgement_settings(section: Rlaif, constitution: Constitution) -> JudgementSettings:
    judging = section.judge.method
    judged = {signal for signals in judging.signals.values() for signal in signals}
    principles = {
        principle.id: JudgedPrinciple(
            signal=principle.signal,
            preference_question=principle.preference_question,
            rule=principle.rule,
        )
        for principle in constitution.principles
        if principle.signal in judged
    }
    return JudgementSettings(**judging.model_dump(), principles=principles)
