"""What counts as an asset's code: its module and all that it imports of ours, whatever their names."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from assets.building import code as code_module
from assets.building.code import Code, code_of, is_neutral
from assets.building.declared import Trained
from assets.building.recipe import Recipe, recipe_of
from assets.graph import build_graph
from assets.pipelines.whole import declare
from assets.profile.profile import load_profile


def test_what_decides_a_verdict_counts_as_its_code() -> None:
    names = code_of(["methods.verifiers.verifier"]).modules.keys()
    parts = ("maths.number", "maths.symbolic", "code")
    assert names >= {f"methods.verifiers.{part}" for part in parts}
    assert names >= {f"methods.sandbox.{name}" for name in ("run", "runner", "peer", "confinement")}


def test_what_trains_a_model_counts_as_its_code() -> None:
    names = code_of(["training.process_reward_model"]).modules.keys()
    assert names >= {f"training.running.{name}" for name in ("trainer", "run", "manifest")}
    assert names >= {"training.data.rows", "generation.chat", "datasets_registry.hashing"}


def test_what_cannot_change_content_is_left_out() -> None:
    names = code_of(["methods.rlaif.pairs", "generation.chat"]).modules
    assert "datasets_registry.hashing" in names and "methods.judging.conversation" in names
    assert not any(map(is_neutral, names))


@pytest.fixture
def digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Code]:
    """The code of ``methods.top`` in a small tree, after some of its files are written anew."""
    monkeypatch.setattr(code_module, "REPOSITORY", tmp_path)
    files = {
        "methods/top.py": "from methods.below import add\n\ndef run(x):\n    return add(x, 1)\n",
        "methods/below.py": "def add(x, y):\n    return x + y\n",
        "methods/other.py": "def add(x, y):\n    return x - y\n",
    }

    def write(changes: dict[str, str | None] | None = None, root: str = "methods.top") -> Code:
        for name, text in (files | (changes or {})).items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if text is None:
                path.unlink(missing_ok=True)
            else:
                path.write_text(text)
        return code_of([root])

    return write


@pytest.mark.parametrize(
    "changes",
    [
        {"methods/below.py": "def add(x, y):\n    # commutes\n    return x + y\n"},
        {"methods/below.py": '"""Sums."""\n\ndef add(x, y):\n    """x + y"""\n    return x + y\n'},
        {
            "methods/below.py": None,
            "methods/sums/adding.py": "def add(x, y):\n    return x + y\n",
            "methods/top.py": "from methods.sums.adding import add\n\ndef run(x):\n    return add(x, 1)\n",
        },
        {"methods/below.py": 'def add(x, y):\n    return x + y\n    """x + y"""\n'},
        {"methods/below.txt": "a data file that no module names"},
    ],
    ids=["comment", "docstring", "move", "text below a field", "stranger"],
)
def test_words_and_moves_change_no_code(changes: dict[str, str | None], digest: Callable[..., Code]) -> None:
    assert digest().digest == digest(changes).digest


@pytest.mark.parametrize(
    "changes",
    [
        {"methods/below.py": "def add(x, y):\n    return x + y + 1\n"},
        {"methods/top.py": "from methods.other import add\n\ndef run(x):\n    return add(x, 1)\n"},
        {
            "methods/top.py": "def run(x):\n    from methods.other import add\n    return add(x, 1)\n",
        },
    ],
    ids=["edit below", "another import", "import within"],
)
def test_edits_and_other_imports_change_code(
    changes: dict[str, str | None], digest: Callable[..., Code]
) -> None:
    assert digest().digest != digest(changes).digest


def test_two_functions_of_one_name_that_change_places_change_the_code(digest: Callable[..., Code]) -> None:
    both = (
        "from methods.{} import add\nfrom methods.{} import add as other\n\n"
        "def run(x):\n    return add(x, 1)\n"
    )
    first = digest({"methods/top.py": both.format("below", "other")})
    second = digest({"methods/top.py": both.format("other", "below")})
    assert sorted(first.modules.values()) == sorted(second.modules.values())
    assert first.digest != second.digest


def test_a_data_file_counts_as_the_code_of_the_module_that_names_it(digest: Callable[..., Code]) -> None:
    top = 'FILE = "units.txt"\n\ndef run(x):\n    return FILE\n'
    before = digest({"methods/top.py": top, "methods/units.txt": "cm"}).digest
    assert digest({"methods/top.py": top, "methods/units.txt": "km"}).digest != before


def test_an_edit_of_a_data_file_is_seen_in_a_process_that_knows_the_module(
    digest: Callable[..., Code], tmp_path: Path
) -> None:
    top = 'FILE = "units.txt"\n\ndef run(x):\n    return FILE\n'
    before = digest({"methods/top.py": top, "methods/units.txt": "cm"}).digest
    (tmp_path / "methods/units.txt").write_text("km")
    assert code_of(["methods.top"]).digest != before


@pytest.mark.parametrize(("call", "counts"), [("Field", False), ("Tool", True)])
def test_only_a_fields_description_is_for_people(
    call: str, counts: bool, digest: Callable[..., Code]
) -> None:
    text = 'def run(x):\n    return {}(description="{}")\n'
    before, after = (digest({"methods/top.py": text.format(call, words)}).digest for words in ("a", "b"))
    assert (before != after) == counts


def test_relative_imports_of_a_plug_in_are_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "followed_plugin"
    package.mkdir()
    for name, text in (
        ("__init__", "from .training import train\n"),
        ("training", "from . import losses\nfrom .losses import loss\n\ndef train(x):\n    return loss(x)\n"),
        ("losses", "def loss(x):\n    return x\n"),
    ):
        (package / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    modules = code_of(["followed_plugin"]).modules
    assert set(modules) == {"followed_plugin", "followed_plugin.training", "followed_plugin.losses"}


def test_circular_imports_end(digest: Callable[..., Code]) -> None:
    circular = {"methods/below.py": "import methods.top\n\ndef add(x, y):\n    return x + y\n"}
    assert digest(circular).modules.keys() == {"methods.top", "methods.below"}


def test_every_asset_that_runs_code_has_some() -> None:
    recipes = build_graph(load_profile("laptop")).recipes
    without = {recipe.name for recipe in recipes if not code_of(recipe.modules).modules}
    assert without == {"base_policy", "lab_base"}


def test_what_runs_a_trainer_counts_as_its_code_whatever_its_source() -> None:
    model = next(asset for asset in declare(load_profile("laptop")) if isinstance(asset, Trained))
    trainer = replace(model.trainer, module="training.ppo", source="training.settings.ppo")
    modules = code_of(recipe_of(replace(model, trainer=trainer)).modules).modules
    assert {"training.ppo.__main__", "training.settings.ppo"} <= modules.keys()


def test_another_function_of_a_module_is_another_recipe() -> None:
    before, after = (
        Recipe("a", modules=("methods.problems.prompt_files",), runs=name) for name in ("x", "y")
    )
    assert before.code_version != after.code_version
