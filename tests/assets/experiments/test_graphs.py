"""The graph of a profile in an experiment: the same recipes under other keys, and a history of its own."""

from pathlib import Path

import pytest

from assets.graph import Graph, build_graph
from assets.profile.chosen import EXPERIMENT
from assets.profile.history import own_home
from assets.profile.profile import load_profile

LINE = "small/iterative_dpo"


@pytest.fixture(scope="module")
def graphs() -> tuple[Graph, Graph]:
    """A line of rounds, and the same in an experiment."""
    profile = load_profile(LINE)
    return build_graph(profile), build_graph(profile.model_copy(update={"experiment": "beta_03"}))


def keys(graph: Graph) -> set[tuple[str, ...]]:
    """The keys of all that the graph makes."""
    return {tuple(key.path) for asset in graph.assets for key in asset.keys}


def test_recipes_hold_no_experiment_and_keys_do(graphs: tuple[Graph, Graph]) -> None:
    main, ours = graphs
    assert any(recipe.name.endswith("/released") for recipe in main.recipes)
    assert [recipe.version for recipe in ours.recipes] == [recipe.version for recipe in main.recipes]
    assert keys(ours) == {("experiments", "beta_03", *key) for key in keys(main)}


def test_a_daemon_of_an_experiment_sees_nothing_that_another_makes(graphs: tuple[Graph, Graph]) -> None:
    main, ours = graphs
    imported = {tuple(name.split("/")) for name in ours.imported}
    read = {
        tuple(key.path)
        for asset in ours.assets
        for key in asset.keys | set(asset.keys_by_input_name.values())
    }
    assert read <= keys(ours) | imported and not (read - imported) & keys(main)
    (checked,) = {key.asset_key.path[1] for asset in ours.assets for key in asset.check_keys}
    assert checked == "beta_03"


def test_an_experiment_has_a_history_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIMTAB_HOME", str(tmp_path))
    homes = [own_home("laptop")]
    for name in ("beta_03", "main"):
        monkeypatch.setenv(EXPERIMENT, name)
        homes.append(own_home("laptop"))
        assert load_profile("laptop").experiment == ("" if name == "main" else name)
    assert homes[0] == homes[2] != homes[1]
