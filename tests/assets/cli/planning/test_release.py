"""What gates hold is shown by `trimtab models`, and exported only by a person who says why."""

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import GateResult, SuiteAnswer, SuiteFigure
from datasets_registry.version import Version
from quality.auditing.publishing import publish
from quality.evaluation.gate import Gate
from quality.evaluation.gates import gate_results
from tests.assets.cli.conftest import home, trained
from tests.assets.cli.trained import derived, run
from tests.rows import make

__all__ = ["home", "trained"]
PROFILE = """
description = "A policy with a gate"

[models.base_policy]
model = "lab"

[models.sft_policy]
trainer = "sft"
base = "base_policy"
dataset = "cai_sft"

[evaluation]
models = ["sft_policy"]
base = "base_policy"
suites = ["capability"]

[gates.able]
suite = "capability"
metric = "accuracy"
at_least = 0.5
models = ["sft_policy"]
"""
ABLE = Gate(suite="capability", metric="accuracy", at_least=0.5, models=("sft_policy",))
HELD = "gate able: accuracy of capability is 0.4 (0.3 to 0.5) of 100 answers, must be at least 0.5"


@pytest.fixture(autouse=True)
def gated(home: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The profile of these tests, with a policy that its gate holds."""
    (tmp_path / "gated.toml").write_text(PROFILE)
    monkeypatch.setenv("TRIMTAB_PROFILE", str(tmp_path / "gated.toml"))
    figure = make(SuiteFigure, suite="capability", metric="accuracy", value=0.4, low=0.3, high=0.5)
    answers = [make(SuiteAnswer, model="sft_policy", suite="capability")]
    answered = passed(home, answers, home.version("sft_policy", 1))
    figures = passed(home, [figure], answered)
    how = derived(figures, gates={"able": ABLE.model_dump(mode="json")})
    publish(home, GateResult, gate_results([figure], [], {"able": ABLE}), how)


def passed(registry: Registry, rows: Sequence[SuiteAnswer | SuiteFigure], source: Version) -> Version:
    return registry.record_checks(registry.commit(type(rows[0]), rows, derived(source)), [])


def test_models_and_show_say_which_gate_holds_a_model_up() -> None:
    models = {model["name"]: model["release"] for model in json.loads(run("models", "--json").stdout)}
    assert models == {"base_policy": "released", "sft_policy": f"held: {HELD}, by its interval"}
    assert json.loads(run("models", "show", "sft_policy", "--json").stdout)["release"].startswith(
        f"held: {HELD}"
    )
    assert "gate able" in run("models").stdout


def test_what_is_held_is_exported_only_by_who_says_why(home: Registry, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=re.escape(HELD)):
        run("models", "export", "sft_policy", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    run("models", "export", "sft_policy", tmp_path / "out", "--because", "a trial on our own machine")
    assert (tmp_path / "out" / "model.safetensors").is_file()
    checks = {check.check: check for check in home.checks(home.version("sft_policy", 1))}
    said = checks["exported_by_person"].description
    assert HELD in said and said.endswith(": a trial on our own machine")
    # it is no more released than before
    with pytest.raises(BadInput, match="sft_policy@1 is not released"):
        run("models", "export", "sft_policy", tmp_path / "again")


def test_a_reason_without_need_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="^no gate holds base_policy@1: leave --because out$"):
        run("models", "export", "base_policy", tmp_path / "out", "--because", "x")
