"""Two rounds of one method in one graph, at two places: they do not mix, and each name works everywhere."""

import json
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from typer.testing import CliRunner

from assets.cli.commands import app
from assets.ui.keys import key_of
from datasets_registry.rows.cai import RevisionStep
from datasets_registry.rows.rlaif import PreferencePair
from tests.assets.pipelines.rounds import AT
from tests.assets.pipelines.test_alignment import script
from tests.assets.small import write_profile
from tests.assets.workshop import Workshop, opened

MODELS = """
[models."round_02/sft_policy"]
trainer = "sft"
base = "dpo_policy"
dataset = "round_02/cai_sft"
training = { learning_rate = 1e-3, max_steps = 2, min_steps = 1, batch_size = 2, max_length = 512 }

[models."round_02/dpo_policy"]
trainer = "dpo"
base = "round_02/sft_policy"
dataset = "round_02/preference_pairs"
training = { learning_rate = 1e-3, max_steps = 2, min_steps = 1, batch_size = 1, max_length = 512 }
"""
ROUND = {
    "cai_revisions",
    "helpful_answers",
    "cai_sft",
    "sft_policy",
    "completion_pairs",
    "ai_judgements",
    "preference_pairs",
    "ai_scores",
    "judge_certificate",
    "principle_audit",
    "dpo_policy",
    "evaluation_items",
    "evaluation_leaks",
    "evaluation_answers/canaries",
    "evaluation",
    "evaluation_differences",
}
pytestmark = pytest.mark.filterwarnings("ignore::dagster.PreviewWarning")


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[Workshop]:
    """Both rounds, built in one run, and what each command reads in the environment."""
    root = tmp_path_factory.mktemp("rounds")
    path = write_profile(root / "profile", tiny_model)
    plugged = f'plugins.modules = ["tests.assets.pipelines.rounds"]\n{path.read_text()}'
    path.write_text(plugged.replace('stop = ["e"]', "") + MODELS)
    with opened(path, root / "state", script) as workshop:
        workshop.build()
        yield workshop


def told(*arguments: str) -> str:
    """What the command prints."""
    result = CliRunner().invoke(app, arguments, catch_exceptions=False, env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    return result.stdout


def test_both_rounds_pass_and_nothing_is_left_to_build(workshop: Workshop) -> None:
    names = workshop.versions().keys()
    assert ROUND | {AT + name for name in ROUND} <= names
    assert json.loads(told("plan", "--json")) == [] and workshop.build() == []
    assert {version.status for name in names for version in workshop.registry.versions(name)} == {"passed"}


def test_the_rounds_do_not_mix(workshop: Workshop) -> None:
    registry = workshop.registry
    # an evaluation is free of all training sets, those of other rounds too
    for name in ROUND - {"evaluation_leaks"}:
        inputs = {version.name for version in registry.derivation(registry.passed(AT + name)).inputs}
        others = inputs & ROUND - {"dpo_policy"}
        assert not others, (name, others)
    steps = [
        max(row.step for row in registry.rows(RevisionStep, registry.passed(f"{at}cai_revisions")))
        for at in ("", AT)
    ]
    assert steps == [2, 1]


def test_dagster_knows_each_name_as_a_key_with_its_checks_and_metadata(workshop: Workshop) -> None:
    graph = workshop.graph().definitions.resolve_asset_graph()
    key = key_of(f"{AT}preference_pairs")
    assert key.path == ["round_02", "preference_pairs"]
    checks = {check.name for check in graph.asset_check_keys if check.asset_key == key}
    assert "label_recomputed" in checks
    event = workshop.instance.get_latest_materialization_event(key)
    assert event and event.asset_materialization
    version = workshop.registry.passed(f"{AT}preference_pairs")
    assert event.asset_materialization.metadata["version"].value == version.number
    runs = workshop.instance.event_log_storage.get_asset_check_execution_history(
        dg.AssetCheckKey(key, "label_recomputed"), limit=1
    )
    assert [run.status.value for run in runs] == ["SUCCEEDED"]


def test_each_command_takes_such_names(workshop: Workshop, tmp_path: Path) -> None:
    pairs, policy = f"{AT}preference_pairs", f"{AT}dpo_policy"
    assert f"{pairs}@1" in told("show", pairs) and pairs in told("versions", pairs)
    assert f"{AT}completion_pairs@1" in told("lineage", pairs)
    (count,) = json.loads(told("sql", f'SELECT count(*) AS n FROM "{pairs}"', "--json"))
    rows = workshop.registry.rows(PreferencePair, workshop.registry.passed(pairs))
    assert count == {"n": len(rows)}
    assert json.loads(told("sql", f'SELECT count(*) AS n FROM "{pairs}@1"', "--json")) == [count]
    assert rows[0].pair_id in told("explain", pairs, rows[0].pair_id)
    told("export", pairs, str(tmp_path / "pairs"), "--to", "jsonl")
    told("models", "export", policy, str(tmp_path / "policy"))
    assert (tmp_path / "policy" / "model.safetensors").exists()
    assert f"{AT}sft_policy@1" in told("models", "show", policy) and policy in told("models")
    assert "intact" in told("verify")
