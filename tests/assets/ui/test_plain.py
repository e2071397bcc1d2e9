"""Texts from elsewhere are plain text in the UI: they steer no terminal, hide nothing and are no markup."""

from pathlib import Path

import dagster as dg
import pytest

from assets.building.opening import reporter
from assets.graph import build_graph
from assets.profile.profile import load_profile
from assets.ui.metadata import check_results
from datasets_registry.version import CheckResult

STEERING = "\x1b[2J\u202egone\x07"
SHOWN = "\\u001b[2J\\u202egone\\u0007"
PROFILE = """description = "x"

[models.judge]
backend = "openai"
engine = { base_url = "http://127.0.0.1:9/v1", served_model = "<b>*big*</b>" }
"""


def test_what_a_check_found_is_plain() -> None:
    found = CheckResult(
        check="c", passed=False, severity="warning", value=None, threshold=None, description=STEERING
    )
    (result,) = check_results("cai_sft", [found], ())
    assert result.description == SHOWN


def test_progress_lines_are_plain(capfd: pytest.CaptureFixture[str]) -> None:
    reporter(dg.build_asset_context())(STEERING)
    out, err = capfd.readouterr()
    # the terminal's line, and Dagster's
    assert out == f"{SHOWN}\n" and SHOWN in err


def test_the_name_of_a_model_is_no_markup(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(PROFILE)
    definitions = build_graph(load_profile(str(tmp_path / "own.toml"))).definitions
    node = definitions.resolve_asset_graph().get(dg.AssetKey("judge"))
    assert "&lt;b&gt;\\*big\\*&lt;/b&gt;" in str(node.description)
