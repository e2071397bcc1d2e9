"""trimtab lineage DATASET|MODEL[@N]: what a version came from, or what was built from it."""

import json
from typing import Annotated, Any

import typer
from rich.tree import Tree

from assets.cli.printing import Json, console, open_state, plain
from datasets_registry.inspecting import lineage as library


def lineage(
    name: str,
    down: Annotated[bool, typer.Option("--down", help="Show what was built from it instead.")] = False,
    as_json: Json = False,
) -> None:
    """Show what a dataset or model came from, back to the sources; DATASET@3 for a version."""
    registry = open_state()
    version = registry.resolve(name)
    found = library.downstream(registry, version) if down else library.upstream(registry, version)
    if as_json:
        print(json.dumps(found, indent=2))
    else:
        console().print(_tree(found, "built" if down else "inputs"))


def _tree(node: dict[str, Any], further: str) -> Tree:
    tree = Tree(plain(_line(node)))
    for one in node[further]:
        tree.add(_tree(one, further))
    return tree


def _line(node: dict[str, Any]) -> str:
    rows = "model" if node["kind"] == "model" else f"{node['rows']:,} rows"
    above = "  (its own are shown above)" if node.get("shown_above") else ""
    return (
        f"{node['name']}@{node['version']}  {node['status']}  {rows}  data {node['data_version'][:12]}"
        f"  code {node['code_version'][:12]}{above}"
    )
