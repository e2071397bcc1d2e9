"""trimtab ledger [compact | show KEY | audit]: stored completions."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assets.cli.printing import Csv, Json, open_state, print_facts, print_json, print_rows, say
from datasets_registry.state import State

if TYPE_CHECKING:
    from generation.ledger.ledger import Ledger

ledger_app = typer.Typer(rich_markup_mode=None)


@ledger_app.callback(invoke_without_command=True)
def ledger(context: typer.Context, as_json: Json = False, as_csv: Csv = False) -> None:
    """Sum stored completions and their cost by model and asset."""
    if context.invoked_subcommand:
        return None
    rows = _ledger().stats()
    if as_json or as_csv:
        return print_rows(rows, as_json, list(rows[0]) if rows else (), as_csv)
    if not rows:
        return say("no completion is stored yet")
    shown = [{_HEADINGS.get(column, column): value for column, value in row.items()} for row in rows]
    idle = {column for column in ("cached", "usd") if not any(row[column] for row in shown)}
    columns = [
        column for column in ("model", "asset", *_HEADINGS.values(), "seconds", "usd") if column not in idle
    ]
    return print_rows([{**row, "model": row["model"][:8]} for row in shown], False, columns)


_HEADINGS = {
    "completions": "done",
    "failures": "failed",
    "prompt_tokens": "tokens in",
    "cached_tokens": "cached",
    "completion_tokens": "tokens out",
}


# what `show` prints above the table
_PRINTED = ("thought", "text")


def _ledger() -> "Ledger":
    # reading and compacting must work on a full disk too, so nothing is prepared; without its registry
    # nobody would notice that the bucket is another catalog's
    from datasets_registry.registry import Registry
    from generation.ledger.ledger import Ledger

    registry = Registry(State(), reads_only=True)
    return Ledger.of(registry.state, registry.engine)


@ledger_app.command("compact")
def ledger_compact(as_json: Json = False) -> None:
    """Merge small segments into one, sorted by key.

    Other processes may read and write meanwhile.
    """
    from generation.ledger.compaction import compact

    done = asdict(compact(_ledger()))
    print_rows([done], as_json, list(done))


@ledger_app.command("audit")
def ledger_audit(as_json: Json = False) -> None:
    """Render stored requests again, and compare their tokens.

    Exits with code 1 if some are others now. What releases before the comparison stored is left out.
    """
    from generation.ledger.ledger import Ledger
    from quality.auditing.prompts import audit

    registry = open_state()
    versions = [
        version for model in registry.names("model", everywhere=True) for version in registry.versions(model)
    ]
    folders = {version.data_version: registry.place(version) for version in versions}
    rows = [asdict(audited) for audited in audit(Ledger.of(registry.state, registry.engine), folders)]
    columns = ("model", "compared", "other_prompts", "example", "fault")
    shown = [{column: "" if row[column] is None else row[column] for column in columns} for row in rows]
    if rows or as_json:
        print_rows(rows if as_json else shown, as_json, columns)
    else:
        say("no stored request says how it was rendered, so there is nothing to compare")
    if any(row["other_prompts"] for row in rows):
        raise typer.Exit(1)


@ledger_app.command("show")
def ledger_show(
    key: Annotated[str, typer.Argument(help="The completion's key, or its first digits.")],
    as_json: Json = False,
) -> None:
    """Show a stored completion and its request."""
    from generation.ledger.stored import stored_completion

    row = stored_completion(_ledger(), key)
    if as_json:
        print_json(row)
        return
    for message in row["request"]["messages"]:
        say(f"[{message['role']}] {message['content']}")
    if row["thought"]:
        say(f"[thought] {row['thought']}")
    say(f"[completion] {row['text']}\n")
    print_facts((field, _cell(value)) for field, value in row.items() if field not in _PRINTED)


def _cell(value: Any) -> Any:
    if isinstance(value, dict):
        return json.dumps({field: part for field, part in value.items() if field != "messages"})
    return json.dumps(value) if isinstance(value, list) else value
