"""A row is explained down to prompts, principle and completions; what is missing is named."""

import shutil
from collections.abc import Iterator
from typing import Any, cast

import pytest

from datasets_registry.errors import BadInput
from datasets_registry.inspecting.row_search import find_row
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import RevisionStep
from datasets_registry.rows.evaluation import SuiteAnswer
from datasets_registry.rows.judges import HumanAgreement
from datasets_registry.rows.rlaif import AiJudgement, PreferencePair
from datasets_registry.rows.row import Row
from datasets_registry.version import Derivation, Version
from datasets_registry.views.scanning import scanning
from quality.auditing.explanation import explain_row
from tests.rows import make
from tests.traced import Traced


def labelled(traced: Traced) -> PreferencePair:
    """A pair of the newest preferences that the judge labelled."""
    rows = traced.registry.rows(PreferencePair, traced.preferences[3])
    return next(pair for pair in rows if pair.label in ("a", "b"))


def explained(registry: Registry, version: Version, row_id: str) -> dict[str, Any]:
    """The tree as ``trimtab explain --json`` shows it."""
    return cast("dict[str, Any]", explain_row(registry, version, row_id))


def walk(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every node of the tree."""
    yield node
    for row in node.get("rows", ()):
        yield row
        for source in row.get("inputs", ()):
            yield from walk(source)


def calls(tree: dict[str, Any]) -> list[dict[str, Any]]:
    """Every model call in the tree."""
    return [call for node in walk(tree) for call in node.get("calls", ())]


def test_a_preference_is_explained_down_to_calls_principle_and_prompt(traced: Traced) -> None:
    pair = labelled(traced)
    tree = explained(traced.registry, traced.preferences[3], pair.pair_id)
    assert tree["version"] == "preference_pairs@4"
    asked = calls(tree)
    assert sorted(call["column"] for call in asked) == ["judgement_key", "judgement_key", "key_a", "key_b"]
    assert {call["model"] for call in asked} == {"base_policy@2", "sft_policy@1"}
    assert all(call["request"]["messages"] for call in asked)
    versions = {node["version"] for node in walk(tree) if node.get("rows")}
    assert {"ai_judgements@4", "completion_pairs@1"} <= versions
    assert any(str(name).endswith("_prompts@1") for name in versions)
    (row,) = tree["rows"]
    assert row["principle"]["id"] == pair.principle_id and row["principle"]["text"].startswith("Which")


def test_a_figure_of_all_categories_is_explained_by_the_answers_of_each(traced: Traced) -> None:
    registry = traced.registry
    tree = explained(registry, registry.resolve("evaluation"), "dpo_policy/helpfulness/all/win_rate")
    (answers,) = tree["rows"][0]["inputs"]
    assert answers["num_rows"] == 4 and "category" not in answers["matched_on"]


def test_the_totals_count_each_call_once(traced: Traced) -> None:
    tree = explained(traced.registry, traced.preferences[3], labelled(traced).pair_id)
    assert (tree["totals"]["calls"], tree["totals"]["missing"]) == (4, 0)
    assert tree["totals"]["num_completion_tokens"] == sum(
        call["num_completion_tokens"] for call in calls(tree)
    )
    assert tree["totals"]["usd"] == pytest.approx(sum(call["usd"] for call in calls(tree)))


def test_a_row_that_comes_twice_is_told_once(traced: Traced) -> None:
    tree = explained(traced.registry, traced.preferences[3], labelled(traced).pair_id)
    pairs = [
        row for node in walk(tree) if node.get("version") == "completion_pairs@1" for row in node["rows"]
    ]
    assert len(pairs) == 3 and sum("shown_above" not in row for row in pairs) == 1


def test_a_completion_that_the_ledger_lacks_is_named(traced: Traced) -> None:
    shutil.rmtree(traced.registry.state.ledger)
    tree = explained(traced.registry, traced.preferences[3], labelled(traced).pair_id)
    assert all("is not in the ledger" in call["missing"] for call in calls(tree))
    assert tree["totals"] | {"calls": 0, "missing": 4} == tree["totals"]


def test_a_broken_ledger_is_named(traced: Traced) -> None:
    for path in traced.registry.state.ledger.glob("*.parquet"):
        path.write_bytes(b"not Parquet")
    tree = explained(traced.registry, traced.preferences[3], labelled(traced).pair_id)
    assert all("cannot be read" in call["missing"] for call in calls(tree))


@pytest.mark.parametrize("broken", [False, True], ids=["missing", "not Parquet"])
def test_a_broken_input_is_named_and_the_rest_is_told(traced: Traced, broken: bool) -> None:
    pair_id = labelled(traced).pair_id
    for path in traced.registry.files(traced.pairs):
        path.write_bytes(b"not Parquet") if broken else path.unlink()
    tree = explained(traced.registry, traced.preferences[3], pair_id)
    missing = [node["missing"] for node in walk(tree) if node.get("version") == "completion_pairs@1"]
    assert len(missing) == 3 and all("verify" in reason for reason in missing)
    assert len(calls(tree)) == 2


def test_models_are_told_with_what_they_were_trained_on(traced: Traced) -> None:
    how = Derivation(code_version="1", settings={}, inputs=(traced.trained,))
    version = traced.registry.commit(SuiteAnswer, [make(SuiteAnswer, "x")], how)
    (row,) = explained(traced.registry, version, "sft_policy/harmlessness/x")["rows"]
    (model,) = [source["model"] for source in row["inputs"]]
    assert model["base"] == "sft_policy@1" and model["datasets"] == {"train": "preference_pairs@3"}
    shutil.rmtree(traced.registry.folder(traced.trained))
    (row,) = explained(traced.registry, version, "sft_policy/harmlessness/x")["rows"]
    assert "is missing: build the model again" in row["inputs"][0]["missing"]


def test_a_principle_without_its_text_is_named(registry: Registry) -> None:
    how = Derivation(code_version="1", settings={}, inputs=())
    version = registry.commit(AiJudgement, [make(AiJudgement)], how)
    (row,) = explained(registry, version, "pair p1/ab/kind")["rows"]
    assert "no text for principle 'kind'" in row["principle"]["missing"]


@pytest.mark.parametrize(
    ("row", "key", "settings", "text"),
    [
        (
            AiJudgement,
            "pair p1/ab/kind",
            {"principles": {"kind": {"signal": "helpfulness", "preference_question": "Which is kinder?"}}},
            "Which is kinder?",
        ),
        (HumanAgreement, "pair p1", {"questions": {"kind": "Which is kinder?"}}, "Which is kinder?"),
        (
            RevisionStep,
            "p1/1",
            {"principles": {"kind": {"critique_request": "Find faults.", "revision_request": "Fix them."}}},
            ["Find faults.", "Fix them."],
        ),
        # as an earlier release wrote it
        (AiJudgement, "pair p1/ab/kind", {"principles": {"kind": "Which is kinder?"}}, "Which is kinder?"),
    ],
)
def test_a_principle_is_explained_by_what_it_asks(
    row: type[Row], key: str, settings: dict[str, object], text: str | list[str], registry: Registry
) -> None:
    how = Derivation(code_version="1", settings=settings, inputs=())
    version = registry.commit(row, [make(row)], how)
    (explanation,) = explained(registry, version, key)["rows"]
    assert explanation["principle"] == {"id": "kind", "text": text}


@pytest.mark.parametrize(
    "row_id",
    ["m/one/a/harmlessness/p1/plain/0", "m/one/a", "m/one/a/h", "m/two"],
    ids=["whole", "first part", "cut", "prefix"],
)
def test_a_row_is_found_by_its_key_or_an_unambiguous_beginning(registry: Registry, row_id: str) -> None:
    models = ("m/one/a", "m/two")
    rows = [make(SuiteAnswer, "p1", model=model) for model in models]
    version = registry.commit(SuiteAnswer, rows, Derivation(code_version="1", settings={}, inputs=()))
    with scanning(registry.state) as connection:
        found = find_row(connection, registry, version, row_id)
    assert found["model"] == next(model for model in models if row_id.startswith(model))


def test_each_part_of_a_key_may_be_cut_and_an_exact_row_wins(registry: Registry) -> None:
    rows = [make(SuiteAnswer, name, model=model) for model in ("aa", "bb") for name in ("p1", "p12")]
    version = registry.commit(SuiteAnswer, rows, Derivation(code_version="1", settings={}, inputs=()))
    with scanning(registry.state) as connection:
        assert find_row(connection, registry, version, "a/harm/p12")["model"] == "aa"
        assert find_row(connection, registry, version, "aa/harmlessness/p1/plain/0")["item_id"] == "p1"
        with pytest.raises(
            BadInput, match="2 rows .* begin with 'b' .bb/harmlessness/p1/plain/0, bb/.*/p12/.*: give more"
        ):
            find_row(connection, registry, version, "b")
        with pytest.raises(
            BadInput, match="no row whose model/suite/item_id/variant/sample begins with 'zz'"
        ):
            find_row(connection, registry, version, "zz")
