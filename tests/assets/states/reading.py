"""The commands that only read, over the traced history, and what they print wherever the state lies."""

import json
from pathlib import Path

from tests.assets.cli.trained import ended

READING = (
    ("datasets",),
    ("versions", "preference_pairs"),
    ("show", "preference_pairs@3", "--rows", "30"),
    ("diff", "preference_pairs", "1", "2"),
    ("lineage", "dpo_policy"),
    ("models",),
    ("models", "show", "dpo_policy"),
    ("ledger",),
    ("ledger", "audit"),
    ("profiles",),
    ("sql", "SELECT * FROM preference_pairs ORDER BY pair_id"),
    ("sql", "SELECT name, version, status FROM versions ORDER BY ALL"),
    ("sql", "SELECT key, model, text FROM completions ORDER BY ALL"),
    ("sql", "SELECT judgement_key, text, prompt FROM judgements ORDER BY ALL"),
    ("verify", "preference_pairs@3"),
    ("gc",),
)


def answer(*arguments: str, code: int = 0) -> str:
    """The JSON that a command prints, which ends with the exit code."""
    result = ended(*arguments, "--json")
    assert result.exit_code == code, (arguments, result.output)
    return result.stdout


def answers(root: Path) -> dict[tuple[str, ...], str]:
    """What the reading commands print, wherever the state lies."""
    place = json.dumps(str(root))[1:-1]
    (row,) = json.loads(answer("sql", "SELECT min(pair_id) AS pair FROM preference_pairs"))
    (call,) = json.loads(answer("sql", "SELECT min(key) AS key FROM completions"))
    commands = (*READING, ("explain", "preference_pairs@3", row["pair"]), ("ledger", "show", call["key"]))
    return {arguments: answer(*arguments).replace(place, "ROOT") for arguments in commands}
