"""Evaluation: models of the graph on suites, each beside one of them."""

from collections.abc import Sequence
from dataclasses import replace

from assets.building.declared import Dataset, Names, Roles, dataset
from assets.pipelines.asked import asked
from assets.pipelines.hygiene import evaluation_leaks
from assets.pipelines.prompts import DEFAULT_SETS, PromptSets
from assets.preflight.conversations import require_conversations
from assets.profile.evaluation import CANARIES, Evaluation
from assets.profile.judges import Scores
from assets.profile.profile import Profile
from datasets_registry.rows.evaluation import (
    EvaluationDifference,
    EvaluationItem,
    SuiteAnswer,
    SuiteFigure,
)
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.words import Kind
from datasets_registry.state import REPOSITORY
from methods.evaluation.answers import (
    BASELINE,
    EVALUATION_ANSWERS,
    AnswersSettings,
)
from methods.evaluation.canaries.answers import CANARY_ANSWERS, CanarySettings
from methods.evaluation.selection import EVALUATION_ITEMS, SelectionSettings, public_files
from methods.evaluation.suite import AskingSettings, GradingSettings
from methods.evaluation.suites.named import SUITES
from methods.judging.comparison import ComparisonSettings
from methods.judging.constitution import Constitution
from quality.evaluation.differences import EVALUATION_DIFFERENCES, DifferenceSettings
from quality.evaluation.figures import EVALUATION_FIGURES, FigureSettings

GROUP = "evaluation"


def answers_of(model: str, at: str = "") -> str:
    """The name of a model's answers: one that changes leaves the others' as they are."""
    return f"{at}{SuiteAnswer.dataset}/{model}"


def evaluation(
    profile: Profile, constitution: Constitution, sets: PromptSets = DEFAULT_SETS, at: str = ""
) -> Sequence[Dataset]:
    """``evaluation_items``, ``evaluation_answers/MODEL`` of each, ``evaluation`` and its differences.

    Answers wait for ``evaluation_leaks``: a model that has learned the items is not asked them.

    Raises BadInput where a public set's file is none, or a model cannot hold the suites' conversations.
    """
    section = profile.evaluation
    if section is None:
        return []
    files = {name: REPOSITORY / file for name, file in section.files.items()}
    items = dataset(
        at + EvaluationItem.dataset,
        EVALUATION_ITEMS,
        SelectionSettings(
            suites=section.suites,
            items=section.items,
            files=public_files(files, section.suites),
            only_problems=section.problems == "only",
            seed=section.seed,
        ),
        group=GROUP,
        inputs=_held_out(profile, sets),
    )
    grading = grading_of(section, profile, constitution)
    names = profile.measured_models
    require_conversations(profile, names, section.suites, section.answers.max_tokens)
    leaks = evaluation_leaks((items.name,), names, profile.models, at)
    answers = [
        replace(_answers(name, section, profile, grading, at), waits=tuple(leak.name for leak in leaks))
        for name in names
    ]
    if section.judge and any(SUITES[name].judged for name in section.suites):
        answers.append(_canaries(section, grading, at))
    figures = figures_of(tuple(each.name for each in answers), section, section.base, at, items.name)
    # a baseline alone differs from nothing
    return [items, *leaks, *answers, *(figures if len(names) > 1 else figures[:1])]


def _canaries(section: Evaluation, grading: GradingSettings, at: str) -> Dataset:
    """Answers that give nothing, which tell what the judge prefers."""
    return dataset(
        answers_of(CANARIES, at),
        CANARY_ANSWERS,
        CanarySettings(
            suites=section.suites, grading=grading, num_items=section.canary_items, seed=section.seed
        ),
        group=GROUP,
        inputs={EvaluationItem.dataset: at + EvaluationItem.dataset, BASELINE: answers_of(section.base, at)},
        models={"judge": section.judge or ""},
    )


def figures_of(
    answers: Names, section: Evaluation, baseline: str, at: str, items: str, group: str = GROUP
) -> Sequence[Dataset]:
    """``evaluation`` of these answers to ``items``, and ``evaluation_differences`` from the baseline's."""
    inputs: Roles = {EvaluationItem.dataset: items, SuiteAnswer.dataset: answers}
    figures = FigureSettings(judge=section.judge, composite=section.composite)
    differences = DifferenceSettings(baseline=baseline, composite=section.composite)
    return [
        dataset(at + SuiteFigure.dataset, EVALUATION_FIGURES, figures, group=group, inputs=inputs),
        dataset(
            at + EvaluationDifference.dataset, EVALUATION_DIFFERENCES, differences, group=group, inputs=inputs
        ),
    ]


def _held_out(profile: Profile, sets: PromptSets) -> Roles:
    """The datasets of the graph whose held-out rows are items too."""
    prompts = sets.roles if _has_prompts(profile) else {}
    asks_problems = profile.evaluation is not None and profile.evaluation.problems != "none"
    return {**prompts, Problem.dataset: Problem.dataset if asks_problems else ""}


def _has_prompts(profile: Profile) -> bool:
    """Whether the graph has prompt sets, whose held-out prompts are items too."""
    files = profile.prompts.red_team or profile.prompts.helpful
    return bool(files or profile.cai or profile.rlaif or profile.rules)


def _answers(model: str, section: Evaluation, profile: Profile, grading: GradingSettings, at: str) -> Dataset:
    baseline = "" if model == section.base else answers_of(section.base, at)
    return dataset(
        answers_of(model, at),
        EVALUATION_ANSWERS,
        answers_settings(model, section, profile, grading),
        group=GROUP,
        inputs={EvaluationItem.dataset: at + EvaluationItem.dataset, BASELINE: baseline},
        models={"model": model, "judge": section.judge or "", "rewards": section.rewards},
    )


def answers_settings(
    model: str, section: Evaluation, profile: Profile, grading: GradingSettings
) -> AnswersSettings:
    """How a model of the graph is asked."""
    given = profile.given(model)
    return AnswersSettings(
        suites=section.suites,
        asking=AskingSettings(
            system_prompt=section.answers.system_prompt,
            answers=section.answers.sampling,
            num_samples=section.answers.samples,
            seed=section.answers.seed,
        ),
        grading=grading,
        thinks=given.thinks,
        hosted=given.hosted,
    )


def grading_of(section: Evaluation, profile: Profile, constitution: Constitution) -> GradingSettings:
    """How the judge is asked: for preferences as labels are, for scores as it scores elsewhere."""
    questions: dict[Kind, str] = {}
    if section.red_team:
        questions["red_team"] = constitution.question(section.red_team, "evaluation.red_team")
    if section.helpful:
        questions["helpful"] = constitution.question(section.helpful, "evaluation.helpful")
    rules = constitution.rules
    if section.judge is None:
        return GradingSettings(questions=questions, rules=rules)
    judge = [section.judge]
    comparison = (
        asked(profile.rlaif.judge, judge, profile, "rlaif.judge").method.comparison
        if profile.rlaif
        else asked(ComparisonSettings(), judge, profile, "evaluation")
    )
    scores = profile.judges.scores if profile.judges else Scores(judge=section.judge)
    return GradingSettings(
        comparison=comparison,
        scores=asked(scores, judge, profile, "judges.scores").method,
        questions=questions,
        rules=rules,
    )
