"""One stored completion in full, by the first digits of its key."""

import json

from datasets_registry.errors import BadInput
from datasets_registry.views.ledger_columns import LEDGER_SCHEMA
from datasets_registry.views.scanning import columns
from generation.ledger.ledger import Columns, Ledger

_SOME = 'trimtab sql "SELECT key, asset, text FROM completions LIMIT 5"'


def stored_completion(ledger: Ledger, prefix: str) -> Columns:
    """The completion, or else the failure, whose key begins with ``prefix``; its request as JSON.

    Raises BadInput where no key or several begin so.
    """
    if not prefix:
        raise BadInput(f"give a key or its first digits: `{_SOME}` shows some")
    rows = ledger.ask(
        f"SELECT {columns(LEDGER_SCHEMA.names)} FROM completions WHERE key >= ? AND key < ?"
        " ORDER BY error IS NOT NULL, created_at DESC",
        prefix,
        prefix + "~",
    )
    keys = sorted({row["key"] for row in rows})
    if not keys:
        raise BadInput(f"no stored completion's key begins with {prefix!r}: `{_SOME}` shows some")
    if len(keys) > 1:
        raise BadInput(
            f"{len(keys)} stored keys begin with {prefix!r}, such as {keys[0][: len(prefix) + 4]} and "
            f"{keys[1][: len(prefix) + 4]}: give more digits"
        )
    return rows[0] | {"request": json.loads(rows[0]["request"])}
