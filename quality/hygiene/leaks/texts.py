"""All texts of training rows, whatever their row type, as words in SQL."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from datasets_registry.rows.types import ROW_TYPES
from datasets_registry.views.scanning import column, quoted
from quality.hygiene.words import normalised

if TYPE_CHECKING:
    import duckdb
    from duckdb.sqltypes import DuckDBPyType

# scripts that put no space between words: each of their characters counts as one
_UNSPACED = r"([\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}])"


def words(text: str) -> str:
    """SQL of the words of the expression ``text``; characters of scripts without spaces are words."""
    spaced = f"regexp_replace({text}, '{_UNSPACED}', ' \\1 ', 'g')"
    # a text of ASCII has as many bytes as characters, and is most often met
    return normalised(f"CASE WHEN strlen({text}) = length({text}) THEN {text} ELSE {spaced} END")


def texts_of(connection: "duckdb.DuckDBPyConnection", view: str) -> str | None:
    """SQL of ``row_id``, ``text_column`` and ``words`` of all texts in the rows of ``view``.

    Rows that are held out of training are left out. None where no column has texts.
    """
    rows = connection.sql(f"SELECT * FROM {column(view)}")
    row_id = " || '/' || ".join(f"{column(part)}::VARCHAR" for part in key_columns(rows.columns))
    trained = "WHERE split <> 'evaluation'" if "split" in rows.columns else ""
    selects = [
        f"SELECT {row_id} AS row_id, {quoted(name)} AS text_column, {words('text')} AS words FROM"
        f" (SELECT *, array_to_string({strings}, chr(10)) AS text FROM {column(view)} {trained})"
        f" WHERE text <> ''"
        for name, kind in zip(rows.columns, rows.types, strict=True)
        if (strings := texts_in(column(name), kind)) is not None
    ]
    return " UNION ALL ".join(selects) or None


def key_columns(names: Sequence[str]) -> tuple[str, ...]:
    """The key of the row type that has most of these columns, and few others."""

    def resemblance(fields: set[str]) -> float:
        return len(fields & set(names)) / len(fields | set(names))

    row = max(ROW_TYPES.values(), key=lambda row: resemblance(set(row.model_fields)))
    return tuple(part for part in row.key if part in names) or (names[0],)


def texts_in(value: str, kind: "DuckDBPyType", depth: int = 0) -> str | None:
    """SQL of the list of all texts within a value of any type; None where it has none."""
    if kind.id == "varchar":
        return f"[{value}]"
    if kind.id == "list":
        inner = f"part{depth}"
        texts = texts_in(inner, kind.children[0][1], depth + 1)
        return texts and f"flatten(list_transform({value}, lambda {inner}: {texts}))"
    if kind.id == "struct":
        parts = [texts_in(f"{value}.{column(name)}", child, depth) for name, child in kind.children]
        having = list(filter(None, parts))
        return f"list_concat({', '.join(having)})" if having else None
    return None
