"""trimtab build: what is named with what stands upstream, alone, or drawn again; wrong names cost nothing."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from typer.testing import CliRunner, Result

from assets.cli.commands import app_of
from assets.orders.run import TAG
from assets.plan import plan
from assets.profile.history import open_instance
from datasets_registry.errors import BadInput
from datasets_registry.hashing import digest
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import HelpfulAnswer
from generation.request import A_DRAW, Message, Request, SamplingParams, drawing
from tests.assets.small import write_profile
from tests.assets.workshop import Workshop

pytestmark = pytest.mark.filterwarnings("ignore::dagster.PreviewWarning")
COMMAND = app_of(["build"])


@pytest.fixture
def workshop(
    tmp_path: Path, tiny_model: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Workshop]:
    """A small profile on scripted replies, which the command builds."""
    path = write_profile(tmp_path / "profile", tiny_model)
    monkeypatch.setenv("TRIMTAB_PROFILE", str(path))
    with dg.DagsterInstance.ephemeral() as instance:
        shop = Workshop(path, registry, instance, lambda request: f"answer {request.sample}")
        for command in ("build", "plan"):
            monkeypatch.setattr(f"assets.cli.planning.{command}.graph_of_profile", shop.graph)
        yield shop


def build(*arguments: str) -> Result:
    """Run the command to its end, which may be a refusal."""
    return CliRunner().invoke(COMMAND, ["build", *arguments], catch_exceptions=False)


def built(*arguments: str) -> dict[str, Any]:
    """What the command says that it built; its end must be a good one."""
    result = CliRunner().invoke(COMMAND, ["build", *arguments, "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.stderr
    said: dict[str, Any] = json.loads(result.stdout)
    return said


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["helpful_answer"],
            r"makes no 'helpful_answer' \(did you mean 'helpful_answers'.*\?\): `trimtab plan --all`",
        ),
        (["quite_other_words"], "makes no 'quite_other_words': `trimtab plan --all` lists what it makes"),
        (
            ["helpful_answers", "--only"],
            "'helpful_prompts' has no version .*: materialize it first, or leave",
        ),
        (["--only"], "name a dataset or a model"),
        (["--redraw"], "name a dataset"),
        (["helpful_prompts", "--redraw"], "'helpful_prompts' asks no model .*: name one of cai_revisions, h"),
    ],
)
def test_what_cannot_be_built_is_refused_before_anything_is_spent(
    arguments: list[str], sentence: str, workshop: Workshop
) -> None:
    with pytest.raises(BadInput, match=sentence):
        build(*arguments)
    assert not workshop.registry.names("dataset") and not workshop.requests


def test_what_is_named_is_built_with_what_stands_upstream(workshop: Workshop) -> None:
    shown = build("helpful_answers")
    assert shown.exit_code == 0 and re.search(r"helpful_answers@1 +8 ", shown.stdout)
    assert "ahead: up to 8 calls" in shown.stdout and "4 of 4 assets" in shown.stdout
    # red-team prompts are what its checks read
    upstream = ["red_team_prompts", "helpful_prompts", "base_policy"]
    assert workshop.versions() == dict.fromkeys([*upstream, "helpful_answers"], 1)
    with open_instance() as instance:
        (run,) = instance.get_runs(dg.RunsFilter(tags={TAG: "trimtab build helpful_answers"}))
        assert run.is_success
    assert _why("--all")["helpful_answers"] == "up to date" and "helpful_answers" not in _why()
    # what is stored is found, and with nothing to build no run begins
    workshop.requests.clear()
    assert "up to date" in build("helpful_answers").stdout and not workshop.requests
    _require_drawn_again(workshop)
    # the draw stays: nothing but what learns from it is to be built
    assert "helpful_answers" not in [step.name for step in plan(workshop.graph(), workshop.registry)]
    assert not built("helpful_answers")["built"]
    # on upstream versions as they are, and again from them: nothing else is drawn
    workshop.requests.clear()
    (again,) = built("helpful_answers", "--only", "--redraw")["built"]
    assert again == {"version": "helpful_answers@3", "status": "passed"}
    assert {request.sample // A_DRAW for request in workshop.requests} == {2}


def _why(*options: str) -> dict[str, str]:
    """What `trimtab plan` says of each asset."""
    planned = CliRunner().invoke(app_of(["plan"]), ["plan", *options, "--json"], catch_exceptions=False)
    return {row["asset"]: row["why"] for row in json.loads(planned.stdout)}


def _require_drawn_again(workshop: Workshop) -> None:
    """Each row of what is drawn again is found by the key of a request of that draw, and nothing else is."""
    (version,) = built("helpful_answers", "--redraw")["built"]
    assert version["version"] == "helpful_answers@2"
    assert {request.sample for request in workshop.requests} == {A_DRAW}
    model = digest(workshop.registry.passed("base_policy").data_version)
    rows = workshop.registry.rows(HelpfulAnswer, workshop.registry.passed("helpful_answers"))
    assert {row.completion_key for row in rows} == {each.key(model) for each in workshop.requests}
    assert len(workshop.requests) == len(rows)


def test_a_draw_changes_no_key_of_what_is_not_sampled() -> None:
    asked = {"messages": (Message(role="user", content="q"),)}
    greedy = SamplingParams(temperature=0)
    plain: list[dict[str, Any]] = [{"choices": ("A", "B")}, {"continuation": "x"}, {"params": greedy}]
    keys = [Request(**asked, **more).key("m") for more in plain]
    with drawing(3):
        assert [Request(**asked, **more).key("m") for more in plain] == keys
        drawn = Request(**asked, sample=2)
        assert drawn.sample == 3 * A_DRAW + 2 == Request(**drawn.model_dump()).sample
    assert Request(**asked, sample=2).key("m") != drawn.key("m")
