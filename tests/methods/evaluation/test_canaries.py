"""Canaries go through judged suites as models do, and a judge that falls for one is named."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from datasets_registry.rows.evaluation import EvaluationItem, Grade, SuiteAnswer, SuiteFigure
from generation.request import Completion, Request
from generation.scripted import Script, chosen
from methods.evaluation.canaries.answers import CANARY_ANSWERS, CanarySettings, canary_answers
from methods.evaluation.canaries.notes import GIVES, Place, noted
from methods.evaluation.canaries.texts import CANARIES, PREFIX, is_canary
from methods.evaluation.conversations import unanswered
from methods.evaluation.measures import ALL
from methods.evaluation.suite import GradingSettings, Suite
from methods.evaluation.suites.harmlessness import HARMLESSNESS
from methods.evaluation.suites.helpfulness import HELPFULNESS, SCORE
from methods.evaluation.suites.over_refusal import OVER_REFUSAL
from quality.evaluation.figures import EVALUATION_FIGURES, FigureSettings
from tests.methods.evaluation.judged.planted import (
    QUESTIONS,
    figures,
    graded,
    grading,
    planted,
    response,
    score,
    ten,
)
from tests.methods.evaluation.planted import value
from tests.methods.graphless import MemoryInputs, ModelsByRole, ScriptedModel, rows_of

NUM_ITEMS = 8
USEFUL = "42, since six times seven is that."


def judge(falls_for: str | None) -> Script:
    """A judge that gives 7 to what is useful, 9 to the canary that it falls for, and 1 to the rest."""

    def script(request: Request) -> Completion:
        if ten(request):
            return chosen(0.0)
        if len(request.choices) == 3:
            return chosen(1.0, 0.0, 0.0)
        shown = response(request)
        if falls_for is not None and shown == f"> {CANARIES[falls_for]}":
            return score(9)
        return score(7 if USEFUL in shown else 1)

    return script


def made(suite: Suite, by: Script) -> list[SuiteFigure]:
    """The figures of a planted model and of all canaries, on a few items."""
    items = suite.items()[:NUM_ITEMS]
    answers = [*suite.ask(planted("planted", lambda asked: USEFUL), items), *canary_answers(items)]
    rows = []
    for model in dict.fromkeys(answer.model for answer in answers):
        own = [answer for answer in answers if answer.model == model]
        measures = figures(suite, graded(suite, own, items, grading(by)))
        for (category, metric), measure in measures.items():
            rows.append(
                SuiteFigure(
                    model=model,
                    suite=suite.name,
                    category=category,
                    metric=metric,
                    better=measure.better,
                    value=value(measure),
                    low=None,
                    high=None,
                    num_items=measure.num_items,
                    num_clusters=len(measure.clusters),
                    num_missing=measure.num_missing,
                    note=None,
                )
            )
    return rows


def rated(figures: Sequence[SuiteFigure]) -> dict[Place, dict[str, float]]:
    """The values of figures of what an answer gives."""
    values: dict[Place, dict[str, float]] = {}
    for row in figures:
        if row.metric in GIVES.get(row.suite, ()) and row.value is not None:
            values.setdefault((row.suite, row.category, row.metric), {})[row.model] = row.value
    return values


def named(figures: Sequence[SuiteFigure], judge: str) -> list[SuiteFigure]:
    """The figures with the notes that their own values give."""
    return noted(figures, rated(figures), judge)


@pytest.mark.parametrize("suite", [HELPFULNESS, HARMLESSNESS], ids=lambda suite: suite.name)
def test_each_canary_answers_every_turn_without_a_call_and_none_fails(suite: Suite) -> None:
    items = suite.items()
    answers = canary_answers(items)
    assert len(answers) == len(CANARIES) * len(items)
    assert all(is_canary(answer.model) and answer.failure is None for answer in answers)
    by_id = {(item.item_id, item.variant): item for item in items}
    for answer in answers:
        item = by_id[answer.item_id, answer.variant]
        asked = [item.messages[-1].content, *item.follow_ups]
        assert [turn.prompt for turn in answer.turns] == asked


def test_the_empty_answer_goes_to_the_judge_as_an_empty_text() -> None:
    empty = [row for row in made(HELPFULNESS, judge("empty")) if row.model == "canary: empty"]
    figure = {row.metric: row for row in empty if row.category == ALL}["score"]
    assert figure.value == 9 and figure.num_items > NUM_ITEMS


@pytest.mark.parametrize("name", CANARIES)
@pytest.mark.parametrize("suite", [HELPFULNESS, HARMLESSNESS], ids=lambda suite: suite.name)
def test_a_judge_that_falls_for_a_canary_is_named_beside_the_figures(suite: Suite, name: str) -> None:
    figures = made(suite, judge(name))
    rows = named(figures, "the_judge")
    assert [row.model_copy(update={"note": None}) for row in rows] == figures
    judged = {"helpfulness": "score", "harmlessness": "severity"}[suite.name]
    notes = {row.note for row in rows if row.metric == judged and row.category == ALL}
    (note,) = notes
    assert note is not None and "the judge the_judge" in note and f"canary: {name} at 9" in note
    assert all(row.note is None for row in rows if row.metric in ("mean_tokens", "refused", "complied"))


@pytest.mark.parametrize("suite", [HELPFULNESS, HARMLESSNESS], ids=lambda suite: suite.name)
def test_a_judge_that_falls_for_none_is_not_named(suite: Suite) -> None:
    assert not [row.note for row in named(made(suite, judge(None)), "the_judge") if row.note]


def test_a_model_above_the_median_is_no_canary() -> None:
    rows = made(HELPFULNESS, judge("padded"))
    better = [
        row.model_copy(update={"model": "better", "value": 8.0}) for row in rows if row.model == "planted"
    ]
    (note,) = {
        row.note for row in named([*rows, *better], "j") if (row.metric, row.category) == ("score", ALL)
    }
    assert note is not None and "padded at 9" in note and "better" not in note
    assert note.endswith("the median model's 7.5 on the same items")


def test_a_note_that_is_there_stays() -> None:
    rows = [
        row.model_copy(update={"note": "6 % are missing"}) if row.model == "planted" else row
        for row in made(HELPFULNESS, judge("flattering"))
    ]
    row = next(row for row in named(rows, "j") if (row.model, row.metric) == ("planted", "score"))
    assert row.note and row.note.startswith("6 % are missing; not to be trusted")


def test_the_judge_of_the_graphs_figures_is_named_in_them() -> None:
    (item,) = HELPFULNESS.items()[:1]
    given = {"canary: padded": 9.0, "policy": 2.0}
    answers = [
        unanswered(model, item).model_copy(update={"grades": [Grade(name="score", value=points)]})
        for model, points in given.items()
    ]
    inputs = MemoryInputs({EvaluationItem.dataset: [item], SuiteAnswer.dataset: answers})
    made: list[SuiteFigure] = rows_of(EVALUATION_FIGURES, FigureSettings(judge="the_judge"), inputs)
    notes = {row.model: row.note or "" for row in made if row.metric == "score"}
    assert set(notes) == set(given) and all("the judge the_judge puts" in note for note in notes.values())


def test_without_a_model_there_is_nothing_to_compare_with() -> None:
    rows = [row for row in made(HELPFULNESS, judge("padded")) if is_canary(row.model)]
    assert named(rows, "j") == rows


def answered(num_items: int, folder: Path, falls_for: str | None = None) -> tuple[list[SuiteAnswer], int]:
    """The canaries' answers to at most so many items of each judged suite, and the judge's calls."""
    calls = list[Request]()

    def script(request: Request) -> str | Completion:
        calls.append(request)
        return judge(falls_for)(request)

    items = [item for suite in (HELPFULNESS, HARMLESSNESS, OVER_REFUSAL) for item in suite.items()[::6]]
    settings = CanarySettings(
        suites=("helpfulness", "harmlessness", "over_refusal"),
        num_items=num_items,
        grading=GradingSettings(questions=QUESTIONS),
    )
    models = ModelsByRole({"judge": [ScriptedModel("judge", folder, script)]})
    rows = rows_of(CANARY_ANSWERS, settings, MemoryInputs({EvaluationItem.dataset: items}), models)
    return rows, len(calls)


def test_canaries_go_through_so_many_items_of_each_judged_suite_evenly_of_its_categories(
    tmp_path: Path,
) -> None:
    rows, calls = answered(3, tmp_path / "few")
    by_suite = {suite: {row.item_id for row in rows if row.suite == suite} for suite in GIVES}
    assert {row.suite for row in rows} == set(GIVES)
    assert all(len(chosen) == 3 for chosen in by_suite.values())
    assert len(rows) == len(CANARIES) * 3 * len(by_suite)
    for suite in by_suite:
        assert len({row.category for row in rows if row.suite == suite}) == 3
    more, more_calls = answered(6, tmp_path / "more")
    assert {row.item_id for row in rows} < {row.item_id for row in more}
    assert calls < more_calls <= 3 * calls


def test_padding_is_long_beside_what_it_says_and_short_for_the_judge_that_reads_it() -> None:
    lengths = {name: len(text.split()) for name, text in CANARIES.items()}
    assert max(lengths, key=lengths.__getitem__) == "padded" and 100 <= lengths["padded"] <= 150


@pytest.mark.parametrize("name", CANARIES)
def test_each_canary_has_the_grades_of_its_own_answers(name: str, tmp_path: Path) -> None:
    rows, _ = answered(3, tmp_path, falls_for=name)
    scores = {
        (row.model, grade.value)
        for row in rows
        for grade in row.grades
        if row.suite == "helpfulness" and grade.name == SCORE
    }
    assert {model for model, value in scores if value == pytest.approx(9)} == {f"{PREFIX}{name}"}
    assert {model for model, _ in scores} == {f"{PREFIX}{other}" for other in CANARIES}
