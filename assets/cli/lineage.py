"""trimtab lineage DATASET|MODEL[@N]: what a version came from, or what was built from it."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.tree import Tree

from assets.cli.printing import Json, Reference, open_state, print_json, print_tree
from assets.screen.table import plain

if TYPE_CHECKING:
    from datasets_registry.inspecting.lineage import DownstreamNode, UpstreamNode


def lineage(
    name: Reference,
    down: Annotated[bool, typer.Option("--down", help="Show what was built from it instead.")] = False,
    as_json: Json = False,
) -> None:
    """Show what a version was made from, or what uses it."""
    from datasets_registry.inspecting import lineage as library

    registry = open_state()
    version = registry.resolve(name)
    root: UpstreamNode | DownstreamNode = (
        library.downstream(registry, version) if down else library.upstream(registry, version)
    )
    if as_json:
        print_json(root.dump())
    else:
        print_tree(_tree(root))


def _tree(node: "UpstreamNode | DownstreamNode") -> Tree:
    tree = Tree(plain(_line(node)))
    for branch in node.branches:
        tree.add(_tree(branch))
    return tree


def _line(node: "UpstreamNode | DownstreamNode") -> str:
    rows = "model" if node.kind == "model" else f"{node.rows:,} rows"
    above = "  (expanded above)" if node.shown_above else ""
    return (
        f"{node.name}@{node.version}  {node.status}  {rows}  data {node.data_version[:12]}"
        f"  code {node.code_version[:12]}{above}"
    )
