"""Paths become SQL in one place, and there they are never patterns or columns."""

import re

import pytest

from datasets_registry.state import REPOSITORY

FOLDERS = (
    "assets",
    "benchmarks",
    "datasets_registry",
    "generation",
    "methods",
    "quality",
    "studio",
    "training",
    "trimtab",
)
ONLY = REPOSITORY / "datasets_registry" / "views" / "files.py"
# a function of DuckDB that takes a path, and a statement with a path that is not a literal
BY_HAND = re.compile(
    r"\b(?:read_(?:parquet|csv|json|ndjson|text|blob)\w*|parquet_(?:scan|metadata|schema))\(['\[{?$]"
    r"|\b(?:ATTACH|COPY|(?:temp|secret|home)_directory =)[^\"\n{]*\{(?!literal\()"
    r"|\bFROM '\{"
)


def test_no_query_is_given_a_path_by_hand() -> None:
    by_hand = [
        f"{path.relative_to(REPOSITORY)}: {match.group()}"
        for folder in FOLDERS
        for path in (REPOSITORY / folder).rglob("*.py")
        if path != ONLY
        for match in BY_HAND.finditer(path.read_text(encoding="utf-8"))
    ]
    assert by_hand == []


@pytest.mark.parametrize(
    "line",
    [
        """f"SELECT * FROM read_parquet('{path}')" """,
        """f"SELECT * FROM read_parquet([{files}], union_by_name=true)" """,
        """f"FROM read_json_auto({quoted(path)})" """,
        """"SELECT count(*) FROM read_parquet(?)" """,
        """f"COPY rows TO '{path}' (FORMAT parquet)" """,
        """f"ATTACH '{path}' AS c" """,
        """f"SET temp_directory = '{folder}'" """,
        """f"SELECT * FROM '{path}'" """,
    ],
)
def test_a_path_given_by_hand_is_seen(line: str) -> None:
    assert BY_HAND.search(line)
