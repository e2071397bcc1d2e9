"""trimtab explain DATASET[@N] ROW_ID: what a row was made from, down to the raw completions."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer
from rich.tree import Tree

from assets.cli.printing import (
    Json,
    Reference,
    open_state,
    print_facts,
    print_json,
    print_tree,
    say,
)
from assets.cli.screen.values import local_time
from assets.screen.table import plain

if TYPE_CHECKING:
    from quality.auditing.explanation import Call, Explained, ExplainedRow, Totals, Values

CELL_CHARACTERS = 160
Full = Annotated[bool, typer.Option("--full", help="Show every call, setting and row that it was made from.")]


def explain(
    dataset: Reference,
    row_id: Annotated[
        str, typer.Argument(help="The row's key (a/b/c if it has several parts), or its first characters.")
    ],
    full: Full = False,
    as_json: Json = False,
) -> None:
    """Trace a row to its inputs, principle and model calls.

    First in four lines: what the row is, what decided it, which models were asked and when, what to ask next.
    """
    from assets.cli.screen.brief import in_brief
    from quality.auditing.explanation import explain_row

    registry = open_state()
    version = registry.resolve(dataset)
    explained = explain_row(registry, version, row_id)
    if as_json:
        print_json(explained)
        return
    print_facts(in_brief(version, explained))
    say("")
    if full:
        print_tree(Printer().version(explained))
    else:
        print_facts(_values(explained["rows"][0]))
    say(_totals(explained["totals"]))


def _values(row: "ExplainedRow") -> Iterator[tuple[str, str]]:
    """The row's columns that hold something, without those that stand in the four lines."""
    from datasets_registry.inspecting.recipe_changes import shortened

    elsewhere = {*row["key"], *(call["column"] for call in row["calls"])}
    for column, value in row["row"].items():
        if column not in elsewhere and value not in (None, []):
            yield column, shortened(value, CELL_CHARACTERS)


class Printer:
    """Builds the tree for people; settings and models are shown at their first occurrence."""

    def __init__(self) -> None:
        self._shown: set[str] = set()

    def version(self, explained: "Explained") -> Tree:
        """One dataset version and its rows in the tree."""
        from datasets_registry.inspecting.recipe_changes import shortened

        if "missing" in explained:
            return _leaf(f"{explained['version']}: missing: {explained['missing']}")
        made, tree = explained["derivation"], _leaf(_heading(explained))
        if explained["version"] not in self._shown:
            self._shown.add(explained["version"])
            tree.add(plain(f"made by code {made['code_version'][:12]}, run {made['run_id'] or 'unknown'}"))
            for setting, value in made["settings"].items():
                tree.add(plain(f"setting {setting} = {shortened(value)}"))
        for row in explained["rows"]:
            tree.add(self._row(row))
        return tree

    def _row(self, row: "ExplainedRow") -> Tree:
        from datasets_registry.inspecting.recipe_changes import shortened
        from datasets_registry.inspecting.row_search import joined_key

        key = joined_key(row["key"])
        if row.get("shown_above"):
            return _leaf(f"row {key} (shown above)")
        tree = _leaf(f"row {key}")
        for column, value in _values(row):
            tree.add(plain(f"{column} = {value}"))
        if principle := row["principle"]:
            text = principle.get("text") or f"missing: {principle['missing']}"
            tree.add(plain(f"principle {principle['id']}: {shortened(text, 4 * CELL_CHARACTERS)}"))
        for call in row["calls"]:
            tree.add(_call(call))
        for source in row["inputs"]:
            tree.add(self._model(source["model"]) if "model" in source else self.version(source))
        return tree

    def _model(self, model: "Values") -> Tree:
        version = model["version"]
        if version in self._shown:
            return _leaf(f"model {version} (shown above)")
        self._shown.add(version)
        tree = _leaf(f"model {version}  {model['status']}  fingerprint {model['fingerprint'][:12]}")
        if model["base"]:
            tree.add(plain(f"trained from {model['base']}"))
        for role, dataset in model["datasets"].items():
            tree.add(plain(f"trained on {dataset} ({role})"))
        return tree


def _leaf(text: str) -> Tree:
    return Tree(plain(text))


def _heading(explained: "Explained") -> str:
    heading = f"{explained['version']}  {explained['status']}"
    if "matched_on" not in explained:
        return heading
    if not explained["matched_on"]:
        return f"{heading}  (no column in common to match rows by)"
    num_rows, columns = explained["num_rows"], ", ".join(explained["matched_on"])
    left_out = num_rows - len(explained["rows"])
    more = f", {left_out:,} of them not shown" if left_out else ""
    return f"{heading}  {num_rows:,} rows with the same {columns}{more}"


def _call(call: "Call") -> Tree:
    from assets.cli.screen.brief import model_of
    from datasets_registry.inspecting.recipe_changes import shortened

    if "missing" in call:
        return _leaf(f"call {call['column']}: missing: {call['missing']}")
    asked = f"{call['key'][:16]} to {model_of(call)}, {local_time(call['created_at'])}"
    tree = _leaf(f"call {call['column']} {asked}")
    for message in call["request"]["messages"]:
        tree.add(plain(f"[{message['role']}] {shortened(message['content'], 4 * CELL_CHARACTERS)}"))
    for choice, share in zip(
        call["request"].get("choices", []), call["choice_probabilities"] or [], strict=False
    ):
        tree.add(plain(f"P({choice.strip()}) = {share:.4g}"))
    if call["text"] or call["error"]:
        tree.add(plain(f"[completion] {shortened(call['error'] or call['text'], 4 * CELL_CHARACTERS)}"))
    tree.add(plain(f"finish reason {call['finish_reason']}; {_cost(call)}"))
    return tree


def _cost(spent: "Call | Totals") -> str:
    read, written = spent["num_prompt_tokens"] or 0, spent["num_completion_tokens"] or 0
    seconds, usd = spent["seconds"] or 0.0, spent["usd"] or 0.0
    return f"{read:,} tokens in, {written:,} out, {seconds:.3g} s, {usd:.4g} USD"


def _totals(totals: "Totals") -> str:
    missing = f" ({totals['missing']:,} more are missing)" if totals["missing"] else ""
    return f"{totals['calls']:,} model calls{missing}: {_cost(totals)}"
