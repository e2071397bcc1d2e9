"""The command line: trimtab datasets | models | versions | sql | ledger, each with --json."""

import json
import re
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

import duckdb
import typer
from rich.console import Console
from rich.table import Table

from datasets_registry.errors import BadInput, TrimtabError
from datasets_registry.listing import list_datasets, list_models, list_versions
from datasets_registry.registry import Registry
from datasets_registry.state import State
from generation.compaction import compact
from generation.ledger import Ledger
from generation.stored import stored_completion

app = typer.Typer(
    help="Versioned alignment datasets, and the models rebuilt from them when the data changes.",
    no_args_is_help=True, add_completion=False, rich_markup_mode=None,
)  # fmt: skip
WIDE = 240
HASH = re.compile(r"[0-9a-f]{32,64}")
ledger_app = typer.Typer(rich_markup_mode=None)
app.add_typer(ledger_app, name="ledger")
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def _print(rows: Sequence[dict[str, Any]], as_json: bool, columns: Sequence[str]) -> None:
    if as_json:
        print(json.dumps(list(rows), indent=2, default=str))
        return
    table = Table(*columns)
    for row in rows:
        table.add_row(*(_cell(row[name]) for name in columns))
    # a pipe has no width to fit in, and nothing may be cut there
    Console(width=None if sys.stdout.isatty() else WIDE).print(table)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(value)
    if isinstance(value, str) and HASH.fullmatch(value):
        return value[:12]
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _registry() -> Registry:
    return Registry(State().prepare())


@app.command()
def datasets(as_json: Json = False) -> None:
    """Show the newest version of every dataset, with its checks."""
    columns = ("name", "version", "rows", "status", "checks_passed", "checks", "warnings")
    _print(list_datasets(_registry()), as_json, columns)


@app.command()
def models(as_json: Json = False) -> None:
    """Show the newest version of every model: base, dataset, loss, folder."""
    columns = ("name", "version", "status", "base", "trained_on", "rows", "loss", "data_version")
    _print(list_models(_registry()), as_json, columns)


@app.command()
def versions(dataset: str, as_json: Json = False) -> None:
    """Show every version of a dataset or model, oldest first."""
    columns = (
        "name",
        "version",
        "rows",
        "status",
        "checks_passed",
        "checks",
        "data_version",
        "created_at",
    )
    _print(list_versions(_registry(), dataset), as_json, columns)


@app.command()
def sql(query: str, as_json: Json = False) -> None:
    """Ask DuckDB: a view per dataset (latest passed), "dataset@3" for a version, and
    versions, lineage, checks, models, completions."""
    registry = _registry()
    if not registry.state.views.exists():
        registry.refresh_views()
    try:
        with duckdb.connect(registry.state.views, read_only=True) as connection:
            found = connection.execute(query)
            columns = [one[0] for one in found.description or []]
            rows = [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
    except duckdb.Error as error:
        first = str(error).splitlines()[0]
        raise BadInput(f'{first} (`trimtab sql "SHOW TABLES"` lists what there is)') from error
    _print(rows, as_json, columns)


@ledger_app.callback(invoke_without_command=True)
def ledger(context: typer.Context, as_json: Json = False) -> None:
    """Show stored completions by model and asset: counts, failures, tokens, seconds, dollars."""
    if context.invoked_subcommand:
        return None
    rows = _ledger().stats()
    if as_json:
        return _print(rows, True, ())
    shown = [{_HEADINGS.get(name, name): value for name, value in row.items()} for row in rows]
    idle = {name for name in ("cached", "usd") if not any(row[name] for row in shown)}
    columns = [one for one in ("model", "asset", *_HEADINGS.values(), "seconds", "usd") if one not in idle]
    return _print([{**row, "model": row["model"][:8]} for row in shown], False, columns)


_HEADINGS = {
    "completions": "done", "failures": "failed", "prompt_tokens": "tokens in", "cached_tokens": "cached",
    "completion_tokens": "tokens out",
}  # fmt: skip


def _ledger() -> Ledger:
    # reading and compacting must work on a full disk too, so nothing is prepared
    return Ledger(State().ledger)


@ledger_app.command("compact")
def ledger_compact(as_json: Json = False) -> None:
    """Merge small segments into one sorted by key; readers and writers go on meanwhile."""
    done = asdict(compact(_ledger()))
    _print([done], as_json, list(done))


@ledger_app.command("show")
def ledger_show(key: str, as_json: Json = False) -> None:
    """Show one stored completion and its request; the key's first digits are enough."""
    row = stored_completion(_ledger(), key)
    if as_json:
        print(json.dumps(row, indent=2, default=str))
        return
    for message in row["request"]["messages"]:
        print(f"[{message['role']}] {message['content']}")
    print(f"[completion] {row['text']}\n")
    _print(
        [{"": name, " ": _shown(value)} for name, value in row.items() if name != "text"], False, ("", " ")
    )


def _shown(value: Any) -> Any:
    if isinstance(value, dict):
        return json.dumps({name: one for name, one in value.items() if name != "messages"})
    return json.dumps(value) if isinstance(value, list) else value


def main() -> None:
    """Run the command line; errors are one line with the remedy, exit code 2."""
    try:
        app()
    except TrimtabError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
