"""show, diff, explain and lineage: readable for people, nested JSON for programs."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from assets.cli.commands import app
from datasets_registry.errors import BadInput, UnpassedVersion
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import SftExample
from datasets_registry.rows.rlaif import PreferencePair
from datasets_registry.version import CheckResult, Derivation
from tests.rows import make
from tests.traced import Traced

NOTHING = Derivation(code_version="1", settings={}, inputs=())
RED = CheckResult(
    check="no_empty_text", passed=False, severity="error", value=1, threshold=0, description="1 empty row"
)
RUNNER = CliRunner()


def output_of(*arguments: str) -> str:
    """What the command prints."""
    result = RUNNER.invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def answered(*arguments: str) -> Any:
    """The JSON that the command prints."""
    return json.loads(output_of(*arguments, "--json"))


def test_show_tells_all_of_a_dataset_version(traced: Traced) -> None:
    details = answered("show", "preference_pairs@3", "--rows", "2")
    assert (details["version"], details["status"], details["rows"], details["key"]) == (
        3,
        "passed",
        24,
        ["pair_id"],
    )
    assert details["inputs"] == ["ai_judgements@3", "completion_pairs@1"] and len(details["sample"]) == 2
    assert {"name", "type", "nullable", "meaning"} == set(details["columns"][0])
    printed = output_of("show", "preference_pairs@3")
    assert "the newest version is preference_pairs@4" in printed
    assert "One row per pair" in printed and "label_recomputed" in printed and "rows (3 of 24)" in printed


def test_show_tells_what_a_model_was_made_from(traced: Traced) -> None:
    details = answered("show", "dpo_policy")
    assert details["model"]["base"] == "sft_policy@1" and details["model"]["metrics"] == {"loss": 0.4}
    printed = output_of("show", "dpo_policy")
    assert "preference_pairs@3" in printed and details["model"]["folder"] in printed


def test_show_without_a_number_is_the_latest_passed(registry: Registry) -> None:
    registry.record_checks(registry.commit(SftExample, [make(SftExample)], NOTHING), [])
    registry.record_checks(registry.commit(SftExample, [make(SftExample, "p2")], NOTHING), [RED])
    details = answered("show", "cai_sft")
    assert (details["version"], details["newest"]) == (1, "cai_sft@2")
    assert "FAILED" in output_of("show", "cai_sft@2") and "1 empty row" in output_of("show", "cai_sft@2")


def test_show_says_which_check_failed_where_none_has_passed(registry: Registry) -> None:
    registry.record_checks(registry.commit(SftExample, [make(SftExample)], NOTHING), [RED])
    with pytest.raises(UnpassedVersion, match="no_empty_text failed: 1 empty row.*`trimtab show cai_sft@1`"):
        RUNNER.invoke(app, ["show", "cai_sft"], catch_exceptions=False)


def test_long_cells_are_cut_in_the_table_and_whole_in_json(registry: Registry) -> None:
    text = "long " * 100
    registry.record_checks(registry.commit(SftExample, [make(SftExample, prompt=text)], NOTHING), [])
    assert (
        text not in output_of("show", "cai_sft")
        and answered("show", "cai_sft")["sample"][0]["prompt"] == text
    )


def test_text_of_a_row_is_no_markup_and_controls_no_terminal(registry: Registry) -> None:
    rows = [make(SftExample, prompt="[bold]x[/nope] \x1b[31m")]
    registry.record_checks(registry.commit(SftExample, rows, NOTHING), [])
    assert "[bold]x[/nope] \\u001b[31m" in output_of("show", "cai_sft")
    assert "\x1b" not in output_of("explain", "cai_sft", "p1", "--full")


def test_diff_shows_flips_and_their_reason(traced: Traced) -> None:
    printed = output_of("diff", "preference_pairs", "1", "2", "--rows", "1")
    assert "preference_pairs@1 → @2: rows 0 added, 0 dropped" in printed and "label from" in printed
    assert "the same model calls in" in printed and "completion_pairs@1 is the same in both" in printed
    assert "ai_judgements@1 → @2: max_outside_probability: 0.5 → 0.15" in printed
    compared = answered("diff", "preference_pairs", "1", "latest", "--rows", "1")
    assert (compared["before"], compared["after"], len(compared["sample"])) == (1, 4, 1)


def test_diff_tells_calls_read_anew_from_new_ones(traced: Traced) -> None:
    printed = output_of("diff", "ai_judgements", "1", "2")
    assert "from the same model calls, parsed again; 0 from new calls" in printed
    assert "code, settings or a model changed them" in printed
    assert "model base_policy@1" in output_of("diff", "ai_judgements", "3", "4")


def test_diff_of_what_is_no_number_says_what_to_write(traced: Traced) -> None:
    with pytest.raises(BadInput, match="'the first' is not a version of 'preference_pairs': write a number"):
        RUNNER.invoke(app, ["diff", "preference_pairs", "the first", "2"], catch_exceptions=False)


def test_explain_prints_the_tree_and_its_totals(traced: Traced) -> None:
    rows = traced.registry.rows(PreferencePair, traced.preferences[3])
    pair_id = next(row.pair_id for row in rows if row.label in ("a", "b"))
    printed = output_of("explain", "preference_pairs", pair_id[:8], "--full")
    assert "4 model calls:" in printed and "principle " in printed and "P(A) = " in printed
    assert "[user] prompt" in printed and "(shown above)" in printed and "model sft_policy@1" in printed
    assert answered("explain", "preference_pairs@4", pair_id)["totals"]["calls"] == 4


def test_explain_begins_with_four_lines_of_words(traced: Traced) -> None:
    rows = traced.registry.rows(PreferencePair, traced.preferences[3])
    pair = next(row for row in rows if row.label in ("a", "b"))
    told, _, values = output_of("explain", "preference_pairs", pair.pair_id).partition("\n\n")
    what, decided, asked, then = told.splitlines()
    assert what.startswith(
        f"row       {pair.pair_id} of preference_pairs@4, which is passed. One row per pair"
    )
    assert f"label is {pair.label}" in decided and "under principle " in decided and "judge-1" in decided
    assert "base_policy@2 in 2 calls for ai_judgements@4" in asked and " 20" in asked
    assert f"`trimtab explain preference_pairs@4 {pair.pair_id} --full`" in then and "ledger show" in then
    assert "max_outside_probability" not in values and "chosen " in values
    source = output_of("explain", "red_team_prompts", "r00")
    assert "no model; run run-1 made it" in source and "ledger show" not in source


def test_explain_names_what_is_missing(traced: Traced) -> None:
    rows = traced.registry.rows(PreferencePair, traced.preferences[3])
    pair_id = next(row.pair_id for row in rows if row.label in ("a", "b"))
    for path in (*traced.registry.files(traced.pairs), *traced.registry.state.ledger.glob("*.parquet")):
        path.unlink()
    printed = output_of("explain", "preference_pairs", pair_id, "--full")
    assert "completion_pairs@1: missing: " in printed and "(2 more are missing)" in printed


def test_lineage_goes_up_to_the_sources_and_down_to_the_models(traced: Traced) -> None:
    up = answered("lineage", "dpo_policy")
    preferences = next(source for source in up["inputs"] if source["name"] == "preference_pairs")
    assert preferences["version"] == 3 and preferences["code_version"] == "judge-1"
    printed = output_of("lineage", "dpo_policy")
    assert "red_team_prompts@1" in printed and "(expanded above)" in printed
    down = answered("lineage", "completion_pairs", "--down")
    built = {f"{version['name']}@{version['version']}" for version in down["built"]}
    assert {"ai_judgements@1", "ai_judgements@4", "preference_pairs@2"} <= built
    assert "dpo_policy@1" in output_of("lineage", "red_team_prompts@1", "--down")


@pytest.mark.parametrize("name", ["show", "diff", "explain", "lineage"])
def test_each_command_has_a_help_text(name: str) -> None:
    assert "--json" in output_of(name, "--help")
