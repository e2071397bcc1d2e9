"""Calls and rows are counted from settings: never fewer than there are, and not many times as many."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from assets.estimates.amount import Amount, Rows
from assets.estimates.calls import amounts
from datasets_registry.rows.row import Row
from tests.assets.graphs import IMPORTED, Declaration, declared, run
from tests.assets.mutations import Content, changed
from tests.assets.poisoning import poisoned
from tests.assets.profile.absent_sections import ABSENT
from tests.assets.profile_fields import small


@pytest.fixture(scope="module", params=["laptop", "gpu"])
def built(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Declaration, Mapping[str, Sequence[Row]], Mapping[str, Mapping[str, int]]]:
    """A small profile, the rows that scripted models make of it, and the calls of each model by dataset."""
    found = declared(changed(small(request.param, tmp_path_factory.mktemp("files")), ABSENT))
    rows, calls = dict(IMPORTED), dict[str, dict[str, int]]()
    for name, dataset in found.datasets.items():
        with poisoned(dataset, found.recipes[name]):
            outcome = run(dataset, rows)
        rows[name] = outcome.rows
        models = [model for model, _ in outcome.requests]
        calls[name] = {model: models.count(model) for model in set(models)}
    return found, rows, calls


def counted(found: Declaration) -> Mapping[str, Amount]:
    """What is estimated from settings alone."""
    made = {name: Rows(len(rows)) for name, rows in IMPORTED.items()}
    return amounts(list(found.datasets.values()), made)


def test_each_dataset_has_at_most_the_rows_that_were_counted(
    built: tuple[Declaration, Mapping[str, Sequence[Row]], Mapping[str, Mapping[str, int]]],
) -> None:
    found, rows, _ = built
    estimated = counted(found)
    more = {
        name: (len(rows[name]), each.rows.all)
        for name, each in estimated.items()
        if len(rows[name]) > each.rows.all
    }
    assert not more


def test_each_model_is_asked_at_most_as_often_as_was_counted(
    built: tuple[Declaration, Mapping[str, Sequence[Row]], Mapping[str, Mapping[str, int]]],
) -> None:
    found, _, calls = built
    estimated = counted(found)
    for name, asked in calls.items():
        bound: dict[str, int] = {}
        for each in estimated[name].asked if name in estimated else ():
            bound[each.model] = bound.get(each.model, 0) + each.calls
        for model, number in asked.items():
            # rollouts are counted for solutions of STEPS lines
            assert number <= bound.get(model, 0) <= 40 * number, (name, model, number, bound)


def test_every_dataset_that_asks_models_is_counted(
    built: tuple[Declaration, Mapping[str, Sequence[Row]], Mapping[str, Mapping[str, int]]],
) -> None:
    found, _, _ = built
    estimated = counted(found)
    assert {name for name, dataset in found.datasets.items() if dataset.generates} <= estimated.keys()


def test_rows_that_are_there_count_in_place_of_settings(tmp_path: Path) -> None:
    found = declared(small("gpu", tmp_path))
    datasets = list(found.datasets.values())
    before, after = (amounts(datasets, made) for made in ({}, {"candidates": Rows(3)}))
    assert after["rft_selections"].rows.all < before["rft_selections"].rows.all
    assert after["solutions"].rows == Rows(3)


def test_calls_of_an_evaluation_are_counted_closely(
    built: tuple[Declaration, Mapping[str, Sequence[Row]], Mapping[str, Mapping[str, int]]],
) -> None:
    found, _, calls = built
    for name, estimate in counted(found).items():
        if name.startswith("evaluation_answers/"):
            bound = sum(each.calls for each in estimate.asked)
            asked = sum(calls[name].values())
            assert asked <= bound <= 2 * asked, (name, asked, bound)


def test_an_evaluation_whose_items_are_there_is_counted_as_one_whose_items_are_not(tmp_path: Path) -> None:
    datasets = list(declared(small("laptop", tmp_path)).datasets.values())
    before, after = (amounts(datasets, made) for made in ({}, {"evaluation_items": Rows(3)}))
    names = [name for name in before if name.startswith("evaluation_answers/")]
    assert names and all(before[name].asked and before[name] == after[name] for name in names)


def test_canaries_are_counted_by_the_items_that_they_answer(tmp_path: Path) -> None:
    def calls(content: Content) -> dict[str, int]:
        estimated = amounts(list(declared(content).datasets.values()), {})
        return {
            name: sum(each.calls for each in estimated[name].asked)
            for name in ("evaluation_answers/canaries", "evaluation_answers/base_policy")
        }

    content = small("laptop", tmp_path)
    fewer, more = (
        calls(changed(content, {("evaluation", "canary_items"): number, ("evaluation", "items"): {}}))
        for number in (2, 4)
    )
    canaries, base = fewer
    assert more[canaries] == 2 * fewer[canaries] and more[base] == fewer[base]


@pytest.mark.parametrize(("verdicts", "least"), [("probabilities", 1), ("text", 32)])
def test_a_judge_that_answers_suites_in_words_is_counted_by_them(
    tmp_path: Path, verdicts: str, least: int
) -> None:
    content = changed(small("laptop", tmp_path), {("judges", "scores", "verdicts"): verdicts})
    estimated = amounts(list(declared(content).datasets.values()), {})
    written = {each.writes for each in estimated["evaluation_answers/canaries"].asked}
    assert written == {least}


def test_held_out_problems_are_counted_among_the_items(tmp_path: Path) -> None:
    content = changed(small("laptop", tmp_path), {("evaluation", "items"): {}})
    without, with_problems = (
        amounts(list(declared(each).datasets.values()), {})
        for each in (content, changed(content, {("evaluation", "problems"): "also"}))
    )
    held_out = with_problems["problems"].rows.held_out
    assert with_problems["evaluation_items"].rows.all == without["evaluation_items"].rows.all + held_out > 0
    few = changed(content, {("evaluation", "problems"): "also", ("evaluation", "items", "capability"): 2})
    counted = amounts(list(declared(few).datasets.values()), {})["evaluation_items"].rows.suites
    assert 2 <= counted["capability"].items <= 6 and counted["capability"].choices > 0
