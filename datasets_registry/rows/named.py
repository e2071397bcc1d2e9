"""How exported files name their row type, so that import need not guess it: in Parquet, and on the card."""

import re
from pathlib import Path

import pyarrow as pa

from datasets_registry.rows.row import Row

CARD = "README.md"
CARD_KEY = "trimtab_rows"
_METADATA = b"trimtab.rows"
_ON_CARD = re.compile(rf'^{CARD_KEY}: "?(\w+)"?\s*$', re.MULTILINE)
_FRONT_BYTES = 64 * 2**10


def naming(schema: pa.Schema, row: type[Row]) -> pa.Schema:
    """The schema of a Parquet file, which names the row type."""
    return schema.with_metadata({**(schema.metadata or {}), _METADATA: row.dataset.encode()})


def named_by_schema(schema: pa.Schema) -> str | None:
    """The row type that a Parquet file's schema names."""
    name = (schema.metadata or {}).get(_METADATA)
    return name.decode(errors="replace") if name else None


def named_by_card(folder: Path) -> str | None:
    """The row type that the front matter of the card in ``folder`` names."""
    try:
        with (folder / CARD).open("rb") as file:
            text = file.read(_FRONT_BYTES).decode(errors="replace")
    except OSError:
        return None
    _, _, rest = text.partition("---\n")
    found = _ON_CARD.search(rest.partition("\n---")[0])
    return found[1] if found else None
