"""The asset graph is a committed snapshot, loads without torch, and shows what each asset is."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from syrupy.assertion import SnapshotAssertion

from assets.graph import build_graph
from assets.profile.profile import load_profile
from datasets_registry.state import REPOSITORY

DG = Path(sys.executable).with_name("dg")


def graph_of(definitions: dg.Definitions) -> list[dict[str, Any]]:
    """Every asset with its inputs, group, kinds, checks and description."""
    graph = definitions.resolve_asset_graph()
    checks: dict[dg.AssetKey, list[str]] = {}
    for key in graph.asset_check_keys:
        checks.setdefault(key.asset_key, []).append(key.name)
    return [
        {
            "key": node.key.to_user_string(),
            "inputs": sorted(parent.to_user_string() for parent in node.parent_keys),
            "group": node.group_name,
            "kinds": sorted(node.kinds),
            "pools": sorted(node.pools or []),
            "checks": sorted(checks.get(node.key, [])),
            "description": node.description,
        }
        for node in sorted(graph.asset_nodes, key=lambda node: node.key)
    ]


@pytest.mark.parametrize("profile", ["laptop", "gpu"])
def test_the_graph_is_the_committed_one(profile: str, snapshot: SnapshotAssertion) -> None:
    assert graph_of(build_graph(load_profile(profile)).definitions) == snapshot


def test_every_dataset_says_its_grain_and_its_columns() -> None:
    for asset in build_graph(load_profile()).assets:
        (spec,) = asset.specs
        assert spec.description and spec.description.endswith("."), spec.key
        if "parquet" in spec.kinds:
            columns = spec.metadata["dagster/column_schema"].columns
            assert spec.description.startswith("One row per")
            assert columns and all(column.description for column in columns), spec.key


def test_recipes_stand_after_their_inputs_and_name_the_assets_edges() -> None:
    graph = build_graph(load_profile())
    seen: set[str] = set()
    for recipe, asset in zip(graph.recipes, graph.assets, strict=True):
        (spec,) = asset.specs
        assert spec.key.to_user_string() == recipe.name
        assert (
            {dependency.asset_key.to_user_string() for dependency in spec.deps} == set(recipe.inputs) <= seen
        )
        assert spec.code_version == recipe.version
        seen.add(recipe.name)


def test_importing_the_definitions_loads_no_heavy_library() -> None:
    script = (
        "import sys, assets.definitions as d; d.defs();"
        "print([m for m in ('torch', 'transformers', 'trl', 'datasets', 'polars') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=REPOSITORY)
    assert run.stdout.strip() == "[]", run.stderr


def dg_cli(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Dagster's own command line over this checkout, with no flags of ours."""
    environment = os.environ | {"DAGSTER_HOME": str(home), "TRIMTAB_HOME": str(home)}
    return subprocess.run([DG, *arguments], capture_output=True, text=True, cwd=REPOSITORY, env=environment)


def test_dg_finds_and_checks_the_definitions_without_flags(tmp_path: Path) -> None:
    checked = dg_cli("check", "defs", home=tmp_path)
    assert checked.returncode == 0, checked.stderr
    listed = dg_cli("list", "defs", "--json", home=tmp_path)
    assert listed.returncode == 0, listed.stderr
    names = {asset["asset_key"] for asset in json.loads(listed.stdout)["assets"]}
    assert {"cai_revisions", "preference_pairs", "dpo_policy", "evaluation"} <= names
