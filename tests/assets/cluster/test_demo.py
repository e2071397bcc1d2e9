"""The cluster's demo: what it compares with, and how a difference ends."""

from pathlib import Path

from rich.console import Console

from assets.cluster.demo import ALONE, compare
from assets.graph import build_graph
from assets.profile.profile import load_profile


def test_what_it_is_compared_with_is_the_same_without_a_cluster(tmp_path: Path) -> None:
    path = tmp_path / "alone.toml"
    path.write_text(ALONE)
    alone, shipped = load_profile(str(path)), load_profile("cluster")
    assert (alone.launch.on, alone.given("rft_policy").backend) == ("here", "transformers")
    assert (shipped.launch.on, shipped.given("rft_policy").backend) == ("ray", "ray")
    # where a model runs and is trained is no part of what it becomes
    recipes = [
        {recipe.name: recipe.version for recipe in build_graph(each).recipes} for each in (alone, shipped)
    ]
    assert recipes[0] == recipes[1]


def test_a_difference_is_said_and_fails() -> None:
    console = Console(record=True, width=100)
    assert compare({"problems": "a1"}, {"problems": "a1"}, console) == 0
    # draws of other batches may be others
    assert compare({"problems": "a1", "candidates": "b2"}, {"problems": "a1"}, console) == 0
    assert compare({"problems": "a1", "cold_start_policy": "b2"}, {"problems": "a1"}, console) == 1
    said = console.export_text().splitlines()
    assert any("candidates" in line and line.rstrip().endswith("differs") for line in said)
