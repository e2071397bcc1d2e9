"""Judges on suites: the items of files, each judge's answers, and the figures."""

from collections.abc import Sequence

from assets.building.declared import Dataset, dataset
from assets.pipelines.asked import asked
from assets.profile.judges import JudgeBenchmark
from assets.profile.models import TrainedModel
from assets.profile.profile import Profile
from datasets_registry.errors import BadInput
from datasets_registry.rows.judge_benchmark import BenchmarkFigure, JudgeAnswer, JudgeItem, JudgeKind
from datasets_registry.state import REPOSITORY
from methods.judges.answers import JUDGE_ANSWERS, AnswerSettings
from methods.judges.items import JUDGE_ITEMS, item_settings
from methods.judges.ways import comparison_in, steps_in
from methods.judging.comparison import ComparisonSettings
from methods.prm.judge import StepJudgeSettings
from quality.judges.benchmark import JUDGE_BENCHMARK
from training.settings.process_reward_model import ProcessRewardSettings
from training.settings.reward_model import RewardSettings

GROUP = "judges"
_OF_STEPS = ("prmbench", "processbench")


def answers_of(judge: str) -> str:
    """The name of a judge's answers: one that changes leaves the others' as they are."""
    return f"{JudgeAnswer.dataset}/{judge}"


def judge_benchmark(profile: Profile) -> Sequence[Dataset]:
    """``judge_items``, ``judge_answers/JUDGE`` and ``judge_benchmark``, where the profile names suites.

    Raises BadInput where a file holds no items, or a judge can judge none of them.
    """
    section = profile.judges.benchmark if profile.judges else None
    if section is None:
        return []
    files = {suite: REPOSITORY / file for suite, file in section.files.items()}
    items = dataset(JudgeItem.dataset, JUDGE_ITEMS, item_settings(files, section.selection), group=GROUP)
    answers = [_answers(judge, section, profile) for judge in section.judges]
    figures = dataset(
        BenchmarkFigure.dataset,
        JUDGE_BENCHMARK,
        group=GROUP,
        inputs={
            JudgeItem.dataset: JudgeItem.dataset,
            JudgeAnswer.dataset: tuple(each.name for each in answers),
        },
    )
    return [items, *answers, figures]


def _answers(judge: str, section: JudgeBenchmark, profile: Profile) -> Dataset:
    return dataset(
        answers_of(judge),
        JUDGE_ANSWERS,
        _settings(judge, section, profile),
        group=GROUP,
        inputs={JudgeItem.dataset: JudgeItem.dataset},
        models={"judge": judge},
    )


def _settings(judge: str, section: JudgeBenchmark, profile: Profile) -> AnswerSettings:
    """How a judge judges what the suites have; raises BadInput where it can judge none of it."""
    kind = _kind_of(judge, profile)
    has_steps = any(suite in _OF_STEPS for suite in section.files)
    has_responses = any(suite not in _OF_STEPS for suite in section.files)
    if (kind == "reward model" and not has_responses) or (kind == "process reward model" and not has_steps):
        what = "responses" if kind == "reward model" else f"steps, as {' and '.join(_OF_STEPS)} have them"
        raise BadInput(
            f"judges.benchmark.judges: {judge} is a {kind}, which judges {what}, and judges.benchmark.files "
            "has none: add a suite, or leave it out"
        )
    if kind != "generative":
        return AnswerSettings(kind=kind)
    _require_continued(judge, section, profile)
    return AnswerSettings(
        kind=kind,
        question=section.question,
        comparisons=_comparisons(judge, section, profile) if has_responses else (),
        steps=_steps(judge, section, profile) if has_steps else (),
    )


def _kind_of(judge: str, profile: Profile) -> JudgeKind:
    """How a model of the profile judges, by what trained it."""
    section = profile.models[judge]
    training = section.training if isinstance(section, TrainedModel) else None
    if isinstance(training, ProcessRewardSettings):
        return "process reward model"
    return "reward model" if isinstance(training, RewardSettings) else "generative"


def _comparisons(judge: str, section: JudgeBenchmark, profile: Profile) -> tuple[ComparisonSettings, ...]:
    """As the judge is asked for preferences, but without calibration; then in each other way."""
    if profile.rlaif:
        usual = asked(profile.rlaif.judge, [judge], profile, "rlaif.judge").method.comparison
    else:
        usual = asked(ComparisonSettings(), [judge], profile, "judges.benchmark")
    plain = usual.model_copy(update={"calibration": "none"})
    return (plain, *(comparison_in(way, plain) for way in section.ways if way != plain.way))


def _steps(judge: str, section: JudgeBenchmark, profile: Profile) -> tuple[StepJudgeSettings, ...]:
    usual = profile.prm.judging if profile.prm else StepJudgeSettings()
    usual = asked(usual, [judge], profile, "prm.judging")
    others = (steps_in(way, usual) for way in section.ways if way != usual.asking.way)
    return (usual, *(other for other in others if other is not None))


def _require_continued(judge: str, section: JudgeBenchmark, profile: Profile) -> None:
    begun = next((way for way in section.ways if way.startswith("begun")), None)
    if begun and profile.given(judge).hosted:
        raise BadInput(
            f"judges.benchmark.ways has {begun!r}, and the server of [models.{judge}] is not known to "
            "continue an unfinished turn: leave it out"
        )
