"""Evaluation: models of the graph on held-out prompts, judged against one of them."""

from collections.abc import Sequence

from assets.building.declared import Dataset, dataset
from assets.pipelines.prompts import DEFAULT_SETS, PromptSets
from assets.profile.evaluation import Evaluation
from assets.profile.prompts import Answers
from datasets_registry.rows.evaluation import EvaluationAnswer, Metric
from methods.evaluation.held_out import EVALUATION_ANSWERS, EvaluationSettings
from methods.judging.comparison import ComparisonSettings
from methods.judging.constitution import Constitution
from quality.evaluation.metrics import EVALUATION

GROUP = "evaluation"


def evaluation(
    section: Evaluation,
    answers: Answers,
    comparison: ComparisonSettings,
    constitution: Constitution,
    sets: PromptSets = DEFAULT_SETS,
    at: str = "",
) -> Sequence[Dataset]:
    """``evaluation_answers`` of the section's models, and their figures in ``evaluation``."""
    answered = at + EvaluationAnswer.dataset
    settings = EvaluationSettings(
        system_prompt=answers.system_prompt,
        answers=answers.sampling,
        questions={
            "red_team": constitution.question(section.red_team, "evaluation.red_team"),
            "helpful": constitution.question(section.helpful, "evaluation.helpful"),
        },
        comparison=comparison,
        rules={
            principle.id: principle.rule
            for principle in constitution.principles
            if principle.rule and not principle.rule.needs_two
        },
        seed=answers.seed,
    )
    return [
        dataset(
            answered,
            EVALUATION_ANSWERS,
            settings,
            group=GROUP,
            inputs=sets.roles,
            models={"models": section.models, "base": section.base, "judge": section.judge},
        ),
        dataset(at + Metric.dataset, EVALUATION, group=GROUP, inputs={EvaluationAnswer.dataset: answered}),
    ]
