"""A row in four lines: what it is, what decided it, who was asked for it and when, and what to ask next."""

from collections import Counter
from collections.abc import Sequence
from shlex import quote

from assets.cli.screen.values import cell, local_time
from datasets_registry.inspecting.recipe_changes import shortened
from datasets_registry.inspecting.row_search import joined_key
from datasets_registry.rows.types import row_type
from datasets_registry.version import Version
from quality.auditing.explanation import Call, Explained, ExplainedRow

# the columns that say how a row came out, by what people ask for first
DECISIONS = (
    "label",
    "verdict",
    "choice",
    "outcome",
    "accepted",
    "changed",
    "reward",
    "score",
    "value",
    "holds",
    "p_a",
    "p_first",
    "failure",
    "reason",
)
MOST_DECISIONS, KEY_DIGITS, MOST_CHARACTERS = 4, 16, 160
# a call with the version whose row names it
Asked = tuple[str, Call]


def in_brief(version: Version, explained: Explained) -> list[tuple[str, str]]:
    """The lines, each with its name; ``explained`` is the one row of ``version``."""
    (row,) = explained["rows"]
    key, asked = joined_key(row["key"]), _nearest(version, row)
    return [
        ("row", f"{key} of {version}, which is {version.status}. {row_type(version).grain}"),
        ("decided", _decided(row, explained["derivation"]["code_version"])),
        ("asked", _told(asked, explained)),
        ("ask next", _next(version, key, asked)),
    ]


def _decided(row: ExplainedRow, code: str) -> str:
    told = [name for name in DECISIONS if row["row"].get(name) not in (None, "", [])][:MOST_DECISIONS]
    outcome = ", ".join(f"{name} is {shortened(_value(row['row'][name]), MOST_CHARACTERS)}" for name in told)
    by = f"by code {cell(code)}"
    if principle := row["principle"]:
        text = shortened(principle.get("text") or "its text is missing", MOST_CHARACTERS)
        by = f"under principle {principle['id']} ({text}), {by}"
    return f"{outcome}, {by}" if outcome else f"nothing but its texts, {by}"


def _value(value: object) -> object:
    return float(f"{value:.4g}") if isinstance(value, float) else value


def _nearest(version: Version, row: ExplainedRow) -> list[Asked]:
    """The calls that the row names, or else those of the rows that it was made from, the nearest first."""
    level: Sequence[tuple[str, ExplainedRow]] = [(str(version), row)]
    while level:
        asked = [(made, call) for made, each in level for call in each.get("calls", ())]
        if asked:
            return asked
        level = [
            (source["version"], each)
            for _, made in level
            for source in made.get("inputs", ())
            for each in source.get("rows", ())
        ]
    return []


def _told(asked: Sequence[Asked], explained: Explained) -> str:
    stored = [(made, call) for made, call in asked if "missing" not in call]
    if not stored:
        lost = f"{_counted(len(asked))} no longer stored" if asked else "no model"
        return f"{lost}; run {explained['derivation']['run_id'] or 'unknown'} made it"
    models = Counter((model_of(call), made) for made, call in stored)
    calls = [f"{model} in {_counted(number)} for {made}" for (model, made), number in models.items()]
    first, last = (local_time(pick(call["created_at"] for _, call in stored)) for pick in (min, max))
    when = f"at {first}" if first == last else f"from {first} to {last}"
    return f"{', '.join(calls)}, {when}"


def model_of(call: Call) -> str:
    """The model of a stored call, by name where it is registered."""
    return str(call["model"] or f"a model that is not registered ({str(call['fingerprint'])[:12]})")


def _counted(number: int) -> str:
    return "1 call" if number == 1 else f"{number:,} calls"


def _next(version: Version, key: str, asked: Sequence[Asked]) -> str:
    whole = f"`trimtab explain {version} {quote(key)} --full` shows every call, setting and source"
    if not asked:
        return whole
    return f"{whole}; `trimtab ledger show {asked[0][1]['key'][:KEY_DIGITS]}` one call word for word"
