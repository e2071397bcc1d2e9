"""trimtab explain DATASET[@N] ROW_ID: why a row says what it says, down to the raw completions."""

import json
from typing import Annotated, Any

import typer
from rich.tree import Tree

from assets.cli.printing import Json, console, open_state, plain
from datasets_registry.inspecting.recipe_changes import shortened
from quality.auditing.explanation import explain_row

CELL_CHARACTERS = 160


def explain(
    dataset: str,
    row_id: Annotated[str, typer.Argument(help="The row's key (a/b/c for several parts) or its beginning.")],
    as_json: Json = False,
) -> None:
    """Show all that a row was made from: inputs, principle, model calls, tokens and cost."""
    registry = open_state()
    found = explain_row(registry, registry.resolve(dataset), row_id)
    if as_json:
        print(json.dumps(found, indent=2, default=str))
    else:
        screen = Printer()
        console().print(screen.version(found))
        console().print(plain(_totals(found["totals"])))


class Printer:
    """Builds the tree for people; settings and models are told where they come first."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def version(self, found: dict[str, Any]) -> Tree:
        """One dataset version and its rows in the tree."""
        if "missing" in found:
            return _leaf(f"{found['version']}: missing: {found['missing']}")
        made, tree = found["derivation"], _leaf(_heading(found))
        if found["version"] not in self._told:
            self._told.add(found["version"])
            tree.add(plain(f"made by code {made['code_version'][:12]}, run {made['run_id'] or 'unknown'}"))
            for name, value in made["settings"].items():
                tree.add(plain(f"setting {name} = {shortened(value)}"))
        for row in found["rows"]:
            tree.add(self._row(row))
        return tree

    def _row(self, row: dict[str, Any]) -> Tree:
        key = "/".join(str(one) for one in row["key"].values())
        if row.get("shown_above"):
            return _leaf(f"row {key} (shown above)")
        tree = _leaf(f"row {key}")
        told = {*row["key"], *(one["column"] for one in row["calls"])}
        for name, value in row["row"].items():
            if name not in told and value not in (None, []):
                tree.add(plain(f"{name} = {shortened(value, CELL_CHARACTERS)}"))
        if row["principle"]:
            one = row["principle"]
            text = shortened(one.get("text") or f"missing: {one['missing']}", 4 * CELL_CHARACTERS)
            tree.add(plain(f"principle {one['id']}: {text}"))
        for one in row["calls"]:
            tree.add(_call(one))
        for one in row["inputs"]:
            tree.add(self._model(one["model"]) if "model" in one else self.version(one))
        return tree

    def _model(self, model: dict[str, Any]) -> Tree:
        name = model["version"]
        if name in self._told:
            return _leaf(f"model {name} (shown above)")
        self._told.add(name)
        tree = _leaf(f"model {name}  {model['status']}  fingerprint {model['fingerprint'][:12]}")
        if model["base"]:
            tree.add(plain(f"trained from {model['base']}"))
        for role, one in model["datasets"].items():
            tree.add(plain(f"trained on {one} ({role})"))
        return tree


def _leaf(text: str) -> Tree:
    return Tree(plain(text))


def _heading(found: dict[str, Any]) -> str:
    heading = f"{found['version']}  {found['status']}"
    if "matched_on" not in found:
        return heading
    if not found["matched_on"]:
        return f"{heading}  (no column in common to match rows by)"
    left_out = found["num_rows"] - len(found["rows"])
    more = f", of which {left_out:,} are left out here" if left_out else ""
    return f"{heading}  {found['num_rows']:,} rows with the same {', '.join(found['matched_on'])}{more}"


def _call(call: dict[str, Any]) -> Tree:
    if "missing" in call:
        return _leaf(f"call {call['column']}: missing: {call['missing']}")
    model = call["model"] or f"a model that is not registered ({call['fingerprint'][:12]})"
    tree = _leaf(f"call {call['column']} {call['key'][:16]} to {model}, {call['created_at'][:19]}")
    for one in call["request"]["messages"]:
        tree.add(plain(f"[{one['role']}] {shortened(one['content'], 4 * CELL_CHARACTERS)}"))
    for choice, share in zip(
        call["request"].get("choices", []), call["choice_probabilities"] or [], strict=False
    ):
        tree.add(plain(f"P({choice.strip()}) = {share:.4g}"))
    if call["text"] or call["error"]:
        tree.add(plain(f"[completion] {shortened(call['error'] or call['text'], 4 * CELL_CHARACTERS)}"))
    tree.add(plain(f"ended by {call['finish_reason']}; {_cost(call)}"))
    return tree


def _cost(found: dict[str, Any]) -> str:
    read, drawn = found["num_prompt_tokens"], found["num_completion_tokens"]
    return f"{read:,} tokens in, {drawn:,} out, {found['seconds']:.3g} s, {found['usd'] or 0:.4g} USD"


def _totals(found: dict[str, Any]) -> str:
    missing = f" ({found['missing']:,} more are missing)" if found["missing"] else ""
    return f"{found['calls']:,} model calls{missing}: {_cost(found)}"
