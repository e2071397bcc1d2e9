"""What counts as an asset's code: its modules, all that they import of ours, and not their comments."""

from pathlib import Path

import pytest

from assets.building import code as source
from assets.building.code import code_digests
from assets.graph import build_graph
from assets.profile.profile import load_profile
from methods.verifiers import verifier as verifiers
from training import process_reward_model


def test_what_decides_a_verdict_counts_as_its_code() -> None:
    names = {name for name, _ in code_digests((verifiers,))}
    assert names >= {"methods.verifiers.number", "methods.verifiers.symbolic"}
    started = ("run", "runner", "peer", "wire", "tests_of_code", "confinement")
    assert names >= {f"methods.sandbox.{module}" for module in started}


def test_what_trains_a_model_counts_as_its_code() -> None:
    names = {name for name, _ in code_digests((process_reward_model,))}
    assert names >= {f"training.{one}" for one in ("trainer", "run", "rows", "manifest", "held_out")}
    more = {name for name in names if not name.startswith("training.")}
    assert more == {"methods.verifiers.contract", "quality.checks.models"}


def test_an_imported_module_s_edit_counts_and_a_comment_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "methods"
    folder.mkdir()
    (folder / "verifiers.py").write_text("def f():\n    from methods import number\n")
    (folder / "number.py").write_text("import methods.verifiers.verifier\nx = 1\n")
    monkeypatch.setattr(source, "REPOSITORY", tmp_path)
    before = code_digests((verifiers,))
    assert [name for name, _ in before] == ["methods.verifiers.number", "methods.verifiers.verifier"]
    (folder / "number.py").write_text("import methods.verifiers.verifier\n# a comment\nx = 1\n")
    assert code_digests((verifiers,)) == before
    (folder / "number.py").write_text("import methods.verifiers.verifier\nx = 22\n")
    assert [new == old for new, old in zip(code_digests((verifiers,)), before, strict=True)] == [False, True]


def test_every_asset_that_runs_code_has_some() -> None:
    recipes = {one.name: one for one in build_graph(load_profile("laptop")).recipes}
    given = {"base_policy", "lab_base"}
    assert {name for name, one in recipes.items() if not code_digests(one.code)} == given
