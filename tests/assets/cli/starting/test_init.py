"""trimtab init writes a profile for a purpose, which can be read, planned and built."""

import json
from collections.abc import Sequence
from pathlib import Path

import dagster as dg
import pytest

from assets.cli.main import main
from assets.cli.starting.init import FOLDER, PURPOSES, template
from assets.graph import Graph, build_graph
from assets.plan import plan
from assets.profile.profile import load_profile
from assets.runs.here import run_here
from datasets_registry.registry import Registry
from tests.assets.importing import bring

BUILT: dict[str, Sequence[str]] = {
    "pairs": ["base_policy", "dpo_policy"],
    "problems": ["candidates", "rft_selections", "rft_policy"],
    "prompts": ["cai_revisions", "cai_sft", "sft_policy"],
}
IMPORTED = {"pairs": "my_pairs", "problems": "my_problems", "prompts": "red_team_prompts"}


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """The exit code of the command."""
    monkeypatch.setattr("sys.argv", ["trimtab", "init", *arguments])
    with pytest.raises(SystemExit) as stopped:
        main()
    return int(stopped.value.code or 0)


def graph_of(path: Path) -> Graph:
    return build_graph(load_profile(str(path)))


@pytest.mark.parametrize("purpose", PURPOSES)
def test_each_profile_builds_what_it_says_of_what_it_says_is_imported(
    purpose: str, registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(monkeypatch, purpose) == 0
    graph = graph_of(tmp_path / f"{purpose}.toml")
    assert graph.imported == (IMPORTED[purpose],)
    assert f"--as {IMPORTED[purpose]} " in PURPOSES[purpose].imported
    assert {*BUILT[purpose]} <= {recipe.name for recipe in graph.recipes}
    held = {step.name for step in plan(graph, registry) if step.held}
    assert BUILT[purpose][-1] in held and "base_policy" not in held


def test_each_purpose_has_its_file_and_pairs_take_twelve_lines() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == PURPOSES.keys()
    assert len(template("pairs").splitlines()) <= 12


def test_what_follows_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "my pairs.toml"
    assert run(monkeypatch, "pairs", "--out", str(out), "--json") == 0
    following = json.loads(capsys.readouterr().out)["next"]
    assert following[0].startswith("trimtab import FILE --as my_pairs ")
    assert following[1:] == [f"TRIMTAB_PROFILE='{out}' trimtab {command}" for command in ("plan", "build")]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["pairs", "--out", "{there}"], "there.toml is there already: name another file by --out"),
        (["pair"], "no purpose 'pair' (did you mean 'pairs'?): use one of pairs, problems, prompts"),
        (["pairs", "--out", "{there}.json"], "is no name of a profile: end it in .toml"),
        (["pairs", "--out", "nowhere/mine.toml"], "cannot be written"),
    ],
)
def test_what_cannot_be_written_is_refused(
    arguments: list[str],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    there = tmp_path / "there.toml"
    there.write_text("mine")
    assert run(monkeypatch, *(argument.format(there=there) for argument in arguments)) == 2
    assert sentence in capsys.readouterr().err
    assert there.read_text() == "mine"


def test_a_run_in_which_nothing_is_accepted_says_why(
    tiny_model: Path, registry: Registry, tmp_path: Path
) -> None:
    bring(registry, "p1", "p2", name="my_problems")
    text = template("problems").replace("smollm2-135m-instruct", str(tiny_model))
    path = tmp_path / "mine.toml"
    for setting, little in (("max_tokens = 256", 4), ("max_draws = 4", 2), ("number = 40", 2)):
        text = text.replace(setting, f"{setting.partition(' = ')[0]} = {little}")
    path.write_text(text)
    graph = graph_of(path)
    names = ["base_policy", "gold_verdicts", "candidates", "rft_selections"]
    with dg.DagsterInstance.ephemeral() as instance:
        failures = run_here(graph.definitions, instance, names, {})
    why = "0 of 4 candidates are accepted, 4 truncated at max_tokens 4"
    assert any(failure.startswith("rft_selections: has_rows is 0") and why in failure for failure in failures)
