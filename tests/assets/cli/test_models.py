"""trimtab models and models show: what a model was made from, and what it is."""

import json
from pathlib import Path

import pytest

from datasets_registry.errors import BadInput, UnknownVersion
from datasets_registry.registry import Registry
from tests.assets.cli.trained import details_of, run
from tests.traced import Traced


def test_models_without_a_command_goes_on_listing(home: Registry) -> None:
    assert [model["name"] for model in json.loads(run("models", "--json").stdout)] == [
        "base_policy",
        "sft_policy",
    ]
    assert "cai_sft@1" in run("models").stdout


def test_show_tells_data_chain_rows_evaluations_and_files(home: Registry) -> None:
    details = details_of("sft_policy")
    data = home.version("cai_sft", 1)
    assert (details["version"], details["status"], details["base"]) == (
        "sft_policy@1",
        "passed",
        "base_policy@1",
    )
    assert details["datasets"] == {
        "train": {"version": "cai_sft@1", "data_version": data.data_version, "status": "passed", "rows": 5}
    }
    assert (details["rows"]["given"], details["rows"]["trained"], details["rows"]["too_long"]) == (5, 4, 1)
    assert (details["settings"]["lora_rank"], details["settings"]["verifier"]) == (4, "maths")
    assert details["trainer"] == "sft" and details["metrics"]["loss"] > 0 and details["seconds"] > 0
    assert {"torch", "transformers", "trl", "peft"} <= set(details["libraries"])
    assert [(check["check"], check["passed"], check["value"]) for check in details["checks"]] == [
        ("rows_lost", True, 0.2),
        ("update_rounded_away", True, 0.0),
    ]
    assert [(model["version"], model["given"]) for model in details["chain"]] == [
        ("sft_policy@1", None),
        ("base_policy@1", "a local directory"),
    ]
    assert [(evaluation["version"], evaluation["rows"]) for evaluation in details["evaluations"]] == [
        ("evaluation_answers@1", 1),
        ("evaluation@1", 1),
    ]
    assert details["evaluations"][1]["figures"][0]["value"] == 0.25
    assert "adapter/adapter_model.safetensors" in [file["file"] for file in details["files"]]
    assert details["behind"] == []


def test_show_fits_a_hundred_columns(traced: Traced, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    printed = run("models", "show", "dpo_policy").stdout
    assert max(map(len, printed.splitlines())) <= 100
    for text in (
        "dpo_policy@1  passed  trained from sft_policy@1 on preference_pairs@3 (train)",
        "behind preference_pairs@4",
        "given: a local directory",
        "win_rate",
        "beta",
        "loss",
    ):
        assert text in printed, printed


def test_show_names_the_newer_data_and_the_newest_build(traced: Traced) -> None:
    assert details_of("dpo_policy")["behind"] == ["preference_pairs@4"]
    assert "the newest version is base_policy@2" in run("models", "show", "base_policy@1").stdout


def test_an_evaluation_of_another_version_is_none_of_this_one(traced: Traced) -> None:
    assert [evaluation["version"] for evaluation in details_of("dpo_policy@1")["evaluations"]] == [
        "evaluation_answers@1",
        "evaluation@1",
    ]
    assert details_of("sft_policy@1")["evaluations"] == []


def test_an_unknown_model_and_a_dataset_are_sentences(home: Registry, tmp_path: Path) -> None:
    for arguments in (("show", "nothing"), ("export", "nothing", str(tmp_path / "out"))):
        with pytest.raises(UnknownVersion, match="no dataset or model 'nothing': .*`trimtab models` list"):
            run("models", *arguments)
    for arguments in (("show", "cai_sft"), ("export", "cai_sft", str(tmp_path / "out"))):
        with pytest.raises(BadInput, match="cai_sft@1 is a dataset, not a model: `trimtab show cai_sft@1`"):
            run("models", *arguments)
