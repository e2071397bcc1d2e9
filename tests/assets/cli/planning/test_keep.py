"""trimtab keep: what is kept is shown by plan, show and cards, and no longer once that is undone."""

import json
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from typer.testing import CliRunner

from assets.cli.commands import app
from datasets_registry.errors import TrimtabError
from datasets_registry.registry import Registry
from tests.assets.conftest import Edit
from tests.assets.small import write_profile
from tests.assets.workshop import Workshop

PROMPTS = ("red_team_prompts", "helpful_prompts")
WHY = "prompts are read in the same order"
pytestmark = pytest.mark.filterwarnings("ignore::dagster.PreviewWarning")


@pytest.fixture(autouse=True)
def upgraded(
    tmp_path: Path, tiny_model: Path, registry: Registry, edit: Edit, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Both prompt sets, whose code changed after they were made."""
    path = write_profile(tmp_path / "profile", tiny_model)
    monkeypatch.setenv("TRIMTAB_PROFILE", str(path))
    with dg.DagsterInstance.ephemeral() as instance:
        Workshop(path, registry, instance, lambda _: "yes").build(only=PROMPTS)
    edit("methods.problems.prompt_files", "another way")
    yield


def told(*arguments: str) -> str:
    """What the command prints, its lines joined."""
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def stale() -> list[str]:
    """Which prompt sets are to build."""
    return [row["asset"] for row in json.loads(told("plan", "--json")) if row["asset"] in PROMPTS]


def test_what_is_kept_is_shown_until_that_is_undone(tmp_path: Path) -> None:
    assert stale() == list(PROMPTS)
    kept = json.loads(told("keep", *reversed(PROMPTS), "--because", WHY, "--json"))
    assert [row["version"] for row in kept] == ["red_team_prompts@1", "helpful_prompts@1"]
    assert kept[0]["modules"] == {"methods.problems.prompt_files": "changed"} and stale() == []
    sentence = f"kept by {kept[0]['who']} on {kept[0]['at'][:10]}: {WHY}"
    differed = "methods.problems.prompt_files changed"
    assert f"red_team_prompts@1 is {sentence} ({differed})" in told("plan")
    assert f"{sentence} ({differed})" in told("show", "red_team_prompts")
    (shown,) = json.loads(told("show", "red_team_prompts", "--json"))["kept"]
    assert (shown["because"], shown["undone_at"]) == (WHY, None)
    told("export", "red_team_prompts", str(tmp_path / "exported"), "--to", "csv")
    card = (tmp_path / "exported" / "README.md").read_text().replace("\\", "")
    assert f"- red_team_prompts@1 is of earlier code, {sentence}. What differed: {differed}." in card

    undone = json.loads(told("keep", "--undo", "red_team_prompts", "--json"))
    assert undone == [{"name": "red_team_prompts", "undone": 1}] and stale() == ["red_team_prompts"]
    assert "(undone by" in told("show", "red_team_prompts")
    assert "red_team_prompts@1 is kept" not in told("plan")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("red_team_prompts",), "say why red_team_prompts need not be built again: --because"),
        (("--undo", "helpful_prompts"), "nothing of 'helpful_prompts' is kept: `trimtab plan` shows what is"),
        (
            ("red_team_prompts", "cai_sft", "--because", WHY),
            r"materialize it first \(red_team_prompts@1 kept before it\)",
        ),
    ],
)
def test_what_cannot_be_kept_or_undone_says_why(arguments: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(TrimtabError, match=sentence):
        told("keep", *arguments)
