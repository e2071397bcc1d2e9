"""Evaluation: models of the graph on suites, each beside one of them."""

from collections.abc import Sequence
from dataclasses import replace

from assets.building.declared import Dataset, Roles, dataset
from assets.pipelines.asked import asked
from assets.pipelines.hygiene import evaluation_leaks
from assets.pipelines.prompts import DEFAULT_SETS, PromptSets
from assets.preflight.conversations import require_conversations
from assets.profile.evaluation import CANARIES, EVERY, Evaluation
from assets.profile.judges import Scores
from assets.profile.models import TrainedModel
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


def measured(section: Evaluation, profile: Profile) -> tuple[str, ...]:
    """The models that are compared with the baseline."""
    if section.models != EVERY:
        return section.models
    return tuple(
        name
        for name, model in profile.models.items()
        if isinstance(model, TrainedModel)
        and name.split("/")[0] not in profile.rounds
        and profile.trainers[model.trainer].kind != "reward"
        and name != section.base
    )


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
    names = (section.base, *measured(section, profile))
    require_conversations(profile, names, section.suites, section.answers.max_tokens)
    leaks = evaluation_leaks((items.name,), names, profile.models, at)
    answers = [
        replace(_answers(name, section, profile, grading, at), waits=tuple(leak.name for leak in leaks))
        for name in names
    ]
    if section.judge and any(SUITES[name].judged for name in section.suites):
        answers.append(_canaries(section, grading, at))
    return [items, *leaks, *answers, *_figures([each.name for each in answers], section, at, len(names) > 1)]


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


def _figures(answers: Sequence[str], section: Evaluation, at: str, has_others: bool) -> Sequence[Dataset]:
    """The figures of all models, and those of each less the baseline's, where there are others."""
    measured: Roles = {
        EvaluationItem.dataset: at + EvaluationItem.dataset,
        SuiteAnswer.dataset: tuple(answers),
    }
    figures = FigureSettings(judge=section.judge, composite=section.composite)
    declared = [dataset(at + SuiteFigure.dataset, EVALUATION_FIGURES, figures, group=GROUP, inputs=measured)]
    if has_others:
        settings = DifferenceSettings(baseline=section.base, composite=section.composite)
        name = at + EvaluationDifference.dataset
        declared.append(dataset(name, EVALUATION_DIFFERENCES, settings, group=GROUP, inputs=measured))
    return declared


def _held_out(profile: Profile, sets: PromptSets) -> Roles:
    """The datasets of the graph whose held-out rows are items too."""
    prompts = sets.roles if _has_prompts(profile) else {}
    asks_problems = profile.evaluation is not None and profile.evaluation.problems != "none"
    return {**prompts, Problem.dataset: Problem.dataset if asks_problems else ""}


def _has_prompts(profile: Profile) -> bool:
    """Whether the graph has prompt sets, whose held-out prompts are items too."""
    files = profile.prompts.red_team or profile.prompts.helpful
    return bool(files or profile.cai or profile.rlaif)


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
    rules = {
        principle.id: principle.rule
        for principle in constitution.principles
        if principle.rule and not principle.rule.needs_two
    }
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
