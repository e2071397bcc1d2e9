"""Explanations of rows: the tree from a row down to prompts, principles and raw completions.

The nodes are dictionaries with the keys of ``trimtab explain --json``.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import duckdb

from datasets_registry.errors import BrokenObject, TrimtabError
from datasets_registry.inspecting.model_facts import model_facts
from datasets_registry.inspecting.row_search import find_row, shared_columns
from datasets_registry.registry import Registry
from datasets_registry.rows.row import Row, named_completions
from datasets_registry.rows.types import row_type
from datasets_registry.version import Derivation, Version
from datasets_registry.views.files import parquet
from datasets_registry.views.ledger_columns import LAST_ATTEMPT
from datasets_registry.views.scanning import column, columns, reading, records, scanning
from generation.ledger.ledger import Ledger

MOST_ROWS = 50
_STORED = (
    "SELECT key, model, backend, asset, request, text, thought, finish_reason, error, num_prompt_tokens,"
    " num_completion_tokens, choice_probabilities, outside_probability, seconds, usd, created_at"
    f" FROM completions WHERE key IN (SELECT unnest(?)) {LAST_ATTEMPT}"
)
# a row or a JSON object, by column or key
Values = dict[str, Any]


class Call(TypedDict, total=False):
    """A model call that a column names, as the ledger holds it; ``missing`` says why it does not."""

    column: str
    key: str
    missing: str
    model: str | None
    fingerprint: str
    backend: str
    asset: str
    request: Values
    text: str
    thought: str | None
    finish_reason: str
    error: str | None
    num_prompt_tokens: int | None
    num_completion_tokens: int | None
    choice_probabilities: list[float] | None
    outside_probability: float | None
    seconds: float | None
    usd: float | None
    created_at: str


class Principle(TypedDict):
    """The principle that a row names, with its text; ``missing`` says why there is none."""

    id: str
    text: NotRequired[str | list[str]]
    missing: NotRequired[str]


class Totals(TypedDict):
    """Number of calls, tokens, seconds and dollars."""

    calls: int
    missing: int
    num_prompt_tokens: int
    num_completion_tokens: int
    seconds: float
    usd: float


class Made(TypedDict):
    """How a version was made."""

    code_version: str
    run_id: str | None
    settings: Values


class ExplainedRow(TypedDict, total=False):
    """A row with all that it was made from; one that stands above has its key alone."""

    key: Values
    shown_above: bool
    row: Values
    principle: Principle | None
    calls: list[Call]
    inputs: "list[Explained]"


class Explained(TypedDict, total=False):
    """A version with the rows that matter, or a model; ``missing`` says why it cannot be read."""

    version: str
    missing: str
    model: Values
    status: str
    derivation: Made
    rows: list[ExplainedRow]
    matched_on: list[str]
    num_rows: int
    totals: Totals


def explain_row(registry: Registry, version: Version, row_id: str) -> Explained:
    """The row that ``row_id`` names, all that it was made from, and the totals of its model calls.

    Raises BadInput where no row or several have this id, and BrokenObject where the version's rows cannot
    be read; what is missing further down is named in the tree.
    """
    with scanning(registry.state) as connection:
        row = find_row(connection, registry, version, row_id)
        tree = Tree(connection, registry).version(version, [row])
    stored = stored_calls(registry, list(dict.fromkeys(call["key"] for call in _calls(tree))))
    for call in _calls(tree):
        call.update(stored[call["key"]])
    tree["totals"] = totals(list(stored.values()))
    return tree


def stored_calls(registry: Registry, keys: Sequence[str]) -> dict[str, Call]:
    """What the ledger holds of each key; a key that it lacks has ``missing``, with the reason."""
    if not keys:
        return {}
    try:
        rows = Ledger.of(registry.state, registry.engine).ask(_STORED, list(keys))
    except BrokenObject as error:
        return {key: Call(key=key, missing=str(error)) for key in keys}
    names = model_names(registry)
    absent = {key: Call(key=key, missing=f"completion {key[:16]} is not in the ledger") for key in keys}
    return absent | {row["key"]: _stored_call(row, names) for row in rows}


def _stored_call(row: Values, names: Mapping[str, str]) -> Call:
    return Call(
        key=row["key"],
        model=names.get(row["model"]),
        backend=row["backend"],
        asset=row["asset"],
        request=json.loads(row["request"]),
        text=row["text"],
        thought=row["thought"],
        finish_reason=row["finish_reason"],
        error=row["error"],
        num_prompt_tokens=row["num_prompt_tokens"],
        num_completion_tokens=row["num_completion_tokens"],
        choice_probabilities=row["choice_probabilities"],
        outside_probability=row["outside_probability"],
        seconds=row["seconds"],
        usd=row["usd"],
        created_at=row["created_at"].isoformat(),
        fingerprint=row["model"],
    )


def model_names(registry: Registry) -> dict[str, str]:
    """The models' versions, such as ``base_policy@1``, by fingerprint."""
    # of what several lines have, the registry's own is named
    models = [*registry.names("model", everywhere=True), *registry.names("model")]
    versions = [version for model in models for version in registry.versions(model)]
    return {version.data_version: str(version) for version in versions}


def totals(calls: Sequence[Call]) -> Totals:
    """The sums over ``calls``; a call that is not stored counts as missing."""
    stored = [call for call in calls if "missing" not in call]
    return {
        "calls": len(stored),
        "missing": len(calls) - len(stored),
        "num_prompt_tokens": sum(call["num_prompt_tokens"] or 0 for call in stored),
        "num_completion_tokens": sum(call["num_completion_tokens"] or 0 for call in stored),
        "seconds": sum(call["seconds"] or 0.0 for call in stored),
        "usd": sum(call["usd"] or 0.0 for call in stored),
    }


class Tree:
    """Builds the tree; a row that occurs twice is explained once."""

    def __init__(self, connection: "duckdb.DuckDBPyConnection", registry: Registry) -> None:
        self.connection, self.registry = connection, registry
        self._explained: set[tuple[str, ...]] = set()

    def version(self, version: Version, rows: Sequence[Values]) -> Explained:
        """``rows`` of one dataset version, with how it was made."""
        derivation = self.registry.derivation(version)
        return {
            "version": str(version),
            "status": version.status,
            "derivation": {
                "code_version": derivation.code_version,
                "run_id": derivation.run_id,
                "settings": dict(derivation.settings),
            },
            "rows": [self._row(version, derivation, row) for row in rows],
        }

    def _row(self, version: Version, derivation: Derivation, row: Values) -> ExplainedRow:
        kind = row_type(version)
        key = {column: row[column] for column in kind.key}
        identity = (str(version), *map(str, key.values()))
        if identity in self._explained:
            return {"key": key, "shown_above": True}
        self._explained.add(identity)
        return {
            "key": key,
            "row": row,
            "principle": _principle(row, derivation, self.registry),
            "calls": [Call(column=column, key=key) for column, key in named_completions(kind, row)],
            "inputs": [self._input(version, source, row) for source in derivation.inputs],
        }

    def _input(self, version: Version, source: Version, row: Values) -> Explained:
        """The rows of an input that ``row`` was made from; an input that cannot be read is named."""
        try:
            if source.kind == "model":
                return {"model": model_facts(self.registry, source).dump()}
            return self._matching(version, source, row)
        except TrimtabError as error:
            return {"version": str(source), "missing": str(error)}

    def _matching(self, version: Version, source: Version, row: Values) -> Explained:
        kind, made_from = row_type(version), row_type(source)
        matched_on = [
            name
            for name in shared_columns(kind, made_from)
            if row.get(name) is not None and not _of_all(kind, made_from, name, row[name])
        ]
        rows = self._rows_like(row, matched_on, source) if matched_on else []
        numbers = [match.pop("num_matched") for match in rows]
        explained = self.version(source, rows)
        explained["matched_on"] = matched_on
        explained["num_rows"] = numbers[0] if numbers else 0
        return explained

    def _rows_like(self, row: Values, names: Sequence[str], source: Version) -> list[Values]:
        where = " AND ".join(f"{column(name)} = ?" for name in names)
        with reading():
            return records(
                self.connection,
                f"SELECT *, count(*) OVER () AS num_matched FROM {parquet(self.registry.files(source))}"
                f" WHERE {where} ORDER BY {columns(row_type(source).key)} LIMIT {MOST_ROWS}",
                [row[name] for name in names],
            )


def _of_all(kind: type[Row], made_from: type[Row], name: str, value: object) -> bool:
    """Whether ``value`` stands for all values of a column, of which the input has each."""
    return name not in made_from.stands_for_all and value == kind.stands_for_all.get(name)


def _principle(row: Values, derivation: Derivation, registry: Registry) -> Principle | None:
    """The principle that the row names, from the settings that made the row or its inputs."""
    principle_id = row.get("principle_id")
    if principle_id is None:
        return None
    earlier = (registry.derivation(source) for source in derivation.inputs)
    for made in (derivation, *earlier):
        for field in ("principles", "questions"):
            principles = made.settings.get(field)
            if isinstance(principles, Mapping) and principle_id in principles:
                return {"id": str(principle_id), "text": _text(principles[principle_id])}
    return {
        "id": str(principle_id),
        "missing": f"the settings that made this row have no text for principle {principle_id!r}",
    }


def _text(principle: str | Mapping[str, Any]) -> str | list[str]:
    """What a principle asks, and its rule; settings of versions from earlier releases hold its text alone."""
    if not isinstance(principle, Mapping):
        return principle
    texts = [str(text) for field, text in principle.items() if text and field not in ("signal", "rule")]
    if rule := principle.get("rule"):
        held = {name: value for name, value in rule.items() if value not in (None, [])}
        texts.append(f"rule: {json.dumps(held, ensure_ascii=False)}")
    return texts[0] if len(texts) == 1 else texts


def _calls(tree: Explained) -> Iterator[Call]:
    for row in tree.get("rows", ()):
        yield from row.get("calls", ())
        for source in row.get("inputs", ()):
            yield from _calls(source)
