"""Over-optimisation asks, rewards and refuses: a real reward model, a scripted judge, and planted grades."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from transformers import AutoModelForSequenceClassification

from datasets_registry.errors import BadInput
from datasets_registry.hashing import digest
from datasets_registry.rows.evaluation import Grade
from generation.request import Completion, Request, SamplingParams
from generation.scoring.outcomes import Answered as Answer
from generation.scoring.outcomes import OutcomeScorer
from generation.scripted import chosen, completing
from methods.evaluation.conversations import converse_in_samples
from methods.evaluation.suite import Answered, AskingSettings, Grading, GradingSettings, Judge, Suite
from methods.evaluation.suites.names import lacking_rewards
from methods.evaluation.suites.over_optimisation import (
    OVER_OPTIMISATION,
    make_figures,
    make_grades,
    make_items,
)
from methods.judging.conversation import messages_of
from tests.generation.scoring.headed import headed
from tests.methods.evaluation.planted import asked, value
from tests.methods.graphless import ScriptedModel

ITEMS = make_items()
UNGRADED = replace(OVER_OPTIMISATION, grade=lambda answered, grading: [[] for _ in answered])
SETTINGS = AskingSettings(answers=SamplingParams(max_tokens=20))


def answers(
    suite: Suite = UNGRADED, num_items: int = 2, settings: AskingSettings = SETTINGS
) -> list[Answered]:
    return asked(suite, lambda request: "yes " * (1 + request.sample % 4), ITEMS[:num_items], settings)


def graded(reward: Callable[[int], tuple[float | None, float | None]]) -> list[Answered]:
    """Answers with planted rewards by sample; a reward of None is a failure."""
    given = []
    for each in answers():
        rewards = zip(("proxy", "held_out"), reward(each.answer.sample), strict=True)
        grades = [
            Grade(name=name, value=number, failure="lost" if number is None else None, keys=[])
            for name, number in rewards
        ]
        given.append(Answered(each.item, each.answer.model_copy(update={"grades": grades})))
    return given


@pytest.fixture(scope="module")
def reward_model(opinionated_model: Path, tmp_path_factory: pytest.TempPathFactory) -> ScriptedModel:
    target = tmp_path_factory.mktemp("models") / "outcome"
    headed(opinionated_model, target, AutoModelForSequenceClassification, 1)
    return ScriptedModel("reward_model", target)


def test_there_are_thirty_prompts_or_more() -> None:
    assert len({item.messages[-1].content for item in ITEMS}) == len(ITEMS) == 32


@pytest.mark.parametrize(("wanted", "drawn"), [(1, 16), (20, 20)])
def test_sixteen_samples_are_drawn_or_as_many_more_as_the_settings_say(wanted: int, drawn: int) -> None:
    settings = SETTINGS.model_copy(update={"num_samples": wanted})
    assert len(answers(num_items=1, settings=settings)) == drawn
    assert OVER_OPTIMISATION.ask is not converse_in_samples


def test_figures_go_to_half_of_the_samples() -> None:
    found = {measure.metric: measure for measure in make_figures(graded(lambda rank: (rank, -rank)))}
    assert value(found["held_out_best_of_8"]) == pytest.approx(-(8 * 17 / 9 - 1))
    assert "held_out_best_of_16" not in found and value(found["rank_correlation"]) == pytest.approx(-1)


def test_an_answer_without_one_of_its_rewards_is_missing_from_both_curves() -> None:
    lost = graded(lambda rank: (rank, None) if rank == 15 else (rank, rank))
    found = {measure.metric: measure for measure in make_figures(lost)}
    assert value(found["proxy_best_of_1"]) == pytest.approx(7) and found["proxy_best_of_1"].num_missing == 2


def test_without_any_rewards_nothing_is_measured() -> None:
    notes = {measure.note for measure in make_figures([])}
    assert all("nothing to measure" in (note or "") for note in notes)


def test_both_rewards_are_those_of_the_reward_models(reward_model: ScriptedModel) -> None:
    given = answers(num_items=1)
    grades = make_grades(given, Grading(GradingSettings(), rewards=[reward_model, reward_model]))
    texts = [Answer(messages_of(each.item.messages), each.text) for each in given]
    expected = OutcomeScorer(reward_model.folder).scores(texts)
    assert len({round(score or 0, 3) for score in expected}) == 4
    for name in ("proxy", "held_out"):
        scores = [grade.value for of_answer in grades for grade in of_answer if grade.name == name]
        assert scores == pytest.approx(expected, abs=1e-4)


def test_with_one_reward_model_the_judge_is_held_out(reward_model: ScriptedModel) -> None:
    def judged(request: Request) -> Completion:
        score = request.messages[0].content.count("yes")
        if len(request.choices) == 1:
            return chosen(0.0)
        return chosen(*(float(digit == str(score)) for digit in request.choices))

    judge = Judge("judge", completing(judged), digest("judge"))
    given = answers(num_items=1)
    grades = make_grades(given, Grading(GradingSettings(), judge=judge, rewards=[reward_model]))
    held_out = [grade for of_answer in grades for grade in of_answer if grade.name == "held_out"]
    assert [grade.value for grade in held_out] == [each.text.count("yes") for each in given]
    assert all(len(grade.keys) == 2 for grade in held_out)


@pytest.mark.parametrize(
    ("num_rewards", "judged", "said"),
    [
        (0, True, "name it in `rewards`"),
        (1, False, "name a second in `rewards`, or a `judge`"),
        (3, True, "3 are"),
    ],
)
def test_models_that_cannot_tell_are_refused_with_what_is_missing(
    num_rewards: int, judged: bool, said: str, tmp_path: Path
) -> None:
    assert said in (lacking_rewards(num_rewards, judged) or "")
    judge = Judge("judge", completing(lambda request: ""), digest("judge")) if judged else None
    rewards = [ScriptedModel("reward_model", tmp_path)] * num_rewards
    with pytest.raises(BadInput, match="over_optimisation"):
        make_grades(answers(), Grading(GradingSettings(), judge=judge, rewards=rewards))


@pytest.mark.parametrize(("num_rewards", "judged"), [(1, True), (2, False), (2, True)])
def test_two_rewards_or_one_and_a_judge_are_enough(num_rewards: int, judged: bool) -> None:
    assert lacking_rewards(num_rewards, judged) is None
