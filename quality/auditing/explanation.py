"""Why a row says what it says: the tree from the row down to prompts, principles and raw completions."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import duckdb

from datasets_registry.errors import BrokenObject, TrimtabError
from datasets_registry.inspecting.facts import model_facts
from datasets_registry.inspecting.row_search import find_row, shared_columns
from datasets_registry.registry import Registry
from datasets_registry.rows.row import ledger_keys
from datasets_registry.rows.types import row_type
from datasets_registry.version import Derivation, Version
from datasets_registry.views.ledger_columns import LAST_ATTEMPT
from datasets_registry.views.scanning import column, columns, parquet, reading, records, scanning
from generation.ledger.ledger import Ledger

_TOKENS = ("num_prompt_tokens", "num_completion_tokens")
_STORED = (
    "SELECT key, model, backend, asset, request, text, finish_reason, error, num_prompt_tokens,"
    " num_completion_tokens, choice_probabilities, outside_probability, seconds, usd, created_at"
    f" FROM completions WHERE key IN (SELECT unnest(?)) {LAST_ATTEMPT}"
)


def stored_calls(registry: Registry, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What the ledger holds of each key; a key that it lacks has ``missing``, with why."""
    absent = {one: {"key": one, "missing": f"completion {one[:16]} is not in the ledger"} for one in keys}
    if not keys:
        return {}
    try:
        rows = Ledger(registry.state.ledger).ask(_STORED, list(absent))
    except BrokenObject as error:
        return {one: {"key": one, "missing": str(error)} for one in absent}
    names = model_names(registry)
    return absent | {one["key"]: _told(one, names) for one in rows}


def _told(row: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return row | {
        "model": names.get(row["model"]),
        "fingerprint": row["model"],
        "request": json.loads(row["request"]),
        "created_at": row["created_at"].isoformat(),
    }


def model_names(registry: Registry) -> dict[str, str]:
    """The models' versions, such as ``base_policy@1``, by fingerprint."""
    versions = [one for name in registry.names("model") for one in registry.versions(name)]
    return {one.data_version: str(one) for one in versions}


def totals(calls: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Number of calls, tokens, seconds and dollars; a call that is not stored counts as missing."""
    stored = [one for one in calls if "missing" not in one]
    return {
        "calls": len(stored),
        "missing": len(calls) - len(stored),
        **{name: sum(one[name] or 0 for one in stored) for name in _TOKENS},
        "seconds": sum(one["seconds"] or 0.0 for one in stored),
        "usd": sum(one["usd"] or 0.0 for one in stored),
    }


MOST_ROWS = 50


def explain_row(registry: Registry, version: Version, row_id: str) -> dict[str, Any]:
    """The row that ``row_id`` names, all that it was made from, and the totals of its model calls."""
    with scanning(registry.state) as connection:
        row = find_row(connection, registry, version, row_id)
        tree = Tree(connection, registry).version(version, [row])
    calls = {one["key"]: one for one in _calls(tree)}
    stored = stored_calls(registry, list(calls))
    for one in _calls(tree):
        one.update(stored[one["key"]])
    return tree | {"totals": totals(list(stored.values()))}


class Tree:
    """Builds the tree; a row that stands in it twice is told once."""

    def __init__(self, connection: "duckdb.DuckDBPyConnection", registry: Registry) -> None:
        self.connection, self.registry = connection, registry
        self._told: set[tuple[str, ...]] = set()

    def version(self, version: Version, rows: list[dict[str, Any]]) -> dict[str, Any]:
        """``rows`` of one dataset version, with how it was made."""
        how = self.registry.derivation(version)
        made = {"code_version": how.code_version, "run_id": how.run_id, "settings": dict(how.settings)}
        return {
            "version": str(version),
            "status": version.status,
            "derivation": made,
            "rows": [self._row(version, how, one) for one in rows],
        }

    def _row(self, version: Version, how: Derivation, row: dict[str, Any]) -> dict[str, Any]:
        kind = row_type(version)
        key = {one: row[one] for one in kind.key}
        place = (str(version), *map(str, key.values()))
        if place in self._told:
            return {"key": key, "shown_above": True}
        self._told.add(place)
        calls = [{"column": one, "key": row[one]} for one in ledger_keys(kind) if row.get(one)]
        return {
            "key": key,
            "row": row,
            "principle": _principle(row, how, self.registry),
            "calls": calls,
            "inputs": [self._input(version, one, row) for one in how.inputs],
        }

    def _input(self, version: Version, given: Version, row: dict[str, Any]) -> dict[str, Any]:
        """The rows of an input that ``row`` was made from; what cannot be read is named."""
        try:
            if given.kind == "model":
                return {"model": model_facts(self.registry, given)}
            return self._matching(version, given, row)
        except TrimtabError as error:
            return {"version": str(given), "missing": str(error)}

    def _matching(self, version: Version, given: Version, row: dict[str, Any]) -> dict[str, Any]:
        ties = [one for one in shared_columns(row_type(version), row_type(given)) if row.get(one) is not None]
        if not ties:
            return self.version(given, []) | {"matched_on": [], "num_rows": 0}
        where = " AND ".join(f"{column(one)} = ?" for one in ties)
        with reading():
            found = records(
                self.connection,
                f"SELECT *, count(*) OVER () AS num_matched FROM {parquet(self.registry.files(given))}"
                f" WHERE {where} ORDER BY {columns(row_type(given).key)} LIMIT {MOST_ROWS}",
                [row[one] for one in ties],
            )
        number = [one.pop("num_matched") for one in found]
        return self.version(given, found) | {
            "matched_on": ties,
            "num_rows": number[0] if number else 0,
        }


def _principle(row: Mapping[str, Any], how: Derivation, registry: Registry) -> dict[str, Any] | None:
    """The principle that the row names, as the settings of its making, or of its inputs', have it."""
    name = row.get("principle_id")
    if name is None:
        return None
    for made in (how, *(registry.derivation(one) for one in how.inputs)):
        principles = made.settings.get("principles")
        if isinstance(principles, Mapping) and name in principles:
            return {"id": name, "text": _text(principles[name])}
    return {"id": name, "missing": f"the settings that made this row have no text of principle {name!r}"}


def _text(principle: object) -> object:
    """What a principle asks; settings of versions from earlier releases hold nothing else of it."""
    if not isinstance(principle, Mapping):
        return principle
    texts = [text for name, text in principle.items() if name != "signal"]
    return texts[0] if len(texts) == 1 else texts


def _calls(tree: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for row in tree.get("rows", ()):
        yield from row.get("calls", ())
        for one in row.get("inputs", ()):
            yield from _calls(one)
