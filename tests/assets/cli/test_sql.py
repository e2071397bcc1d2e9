"""trimtab sql reads what the views read, and nothing else unless it is told."""

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import SftExample
from datasets_registry.state import REPOSITORY
from datasets_registry.version import Derivation
from datasets_registry.views.asking import distinct, lock, open_views
from datasets_registry.views.scanning import spill_folder
from tests.assets.cli.trained import run
from tests.rows import make

NOTHING = Derivation(code_version="1", settings={}, inputs=())
CLIENT = Path(sys.executable).with_name("duckdb")


@pytest.fixture
def filled(registry: Registry) -> Registry:
    """A registry with one version of two rows."""
    rows = [make(SftExample), make(SftExample, "p2")]
    registry.record_checks(registry.commit(SftExample, rows, NOTHING), [])
    return registry


def rows_of(query: str, *options: str) -> list[dict[str, object]]:
    """What `trimtab sql` prints as JSON."""
    rows: list[dict[str, object]] = json.loads(
        run("sql", query, "--json", *options).stdout,
        parse_constant=lambda constant: pytest.fail(constant),
    )
    return rows


def test_a_text_by_which_rows_are_ordered_stays_a_text(filled: Registry) -> None:
    (row,) = rows_of("FROM cai_sft ORDER BY strlen(completion), prompt_id LIMIT 1")
    assert row["completion"] == make(SftExample).completion


def test_it_spills_into_a_folder_of_this_process(filled: Registry) -> None:
    (row,) = rows_of("SELECT current_setting('temp_directory') AS folder")
    assert row["folder"] == str(spill_folder(filled.state, "sql-"))


@pytest.mark.parametrize(
    "query",
    [
        "SELECT count(*) AS n FROM cai_sft",
        'FROM "cai_sft@1"',
        "SHOW TABLES",
        "DESCRIBE cai_sft",
        "SUMMARIZE cai_sft",
        "PIVOT cai_sft ON prompt_id USING count(*)",
        "EXPLAIN FROM cai_sft",
        "explain analyze FROM cai_sft",
        "EXPLAIN (FORMAT json) FROM cai_sft",
        "WITH few AS (FROM cai_sft LIMIT 1) FROM few, versions, lineage, checks, models",
        "FROM completions ORDER BY key",
        "SELECT 1; SELECT 2",
    ],
)
def test_every_kind_of_query_is_answered(query: str, filled: Registry) -> None:
    assert isinstance(rows_of(query), list)


@pytest.mark.parametrize("options", [(), ("--write-files",)])
@pytest.mark.parametrize("query", ["", " ;", "/* nothing */"])
def test_no_query_is_a_sentence(query: str, options: tuple[str, ...], filled: Registry) -> None:
    with pytest.raises(BadInput, match="the query is empty: write a SELECT, or SHOW TABLES"):
        run("sql", query, *options)


# they write, or reach beyond the views' files
OUTSIDE = [
    "COPY cai_sft TO '{folder}/out.parquet'",
    "SELECT 1; COPY cai_sft TO '{folder}/out.parquet'",
    "EXPLAIN ANALYZE COPY cai_sft TO '{folder}/out.parquet'",
    "/* */ EXPLAIN ANALYZE COPY cai_sft TO '{folder}/out.parquet'",
    "EXPLAIN /* */ ANALYZE COPY cai_sft TO '{folder}/out.parquet'",
    "EXPLAIN (ANALYZE) COPY cai_sft TO '{folder}/out.parquet'",
    "EXPORT DATABASE '{folder}/out.parquet'",
    "IMPORT DATABASE '{folder}'",
    "ATTACH '{folder}/out.parquet' AS other",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET enable_external_access = true",
    "RESET allowed_directories",
    "PRAGMA enable_profiling",
    "PREPARE later AS SELECT 1",
    "CREATE TABLE x (y INT)",
    "DROP VIEW cai_sft",
    "FROM read_csv('{folder}/secret.csv')",
    "FROM '{folder}/secret.csv'",
    "FROM read_text('{folder}/secret.csv')",
    "FROM sniff_csv('{folder}/secret.csv')",
    "FROM glob('{folder}/*')",
    "FROM query('FROM read_text(''{folder}/secret.csv'')')",
    "FROM 'https://example.org/x.parquet'",
    "FROM sqlite_scan('{state}/catalog.sqlite', 'version')",
    "FROM read_blob('{state}/catalog.sqlite')",
    "FROM read_blob('{state}/objects/../catalog.sqlite')",
    "COPY cai_sft TO '{state}/objects/out.parquet'",
    "EXPLAIN ANALYZE COPY cai_sft TO '{state}/ledger/out.parquet'",
]


@pytest.mark.parametrize("statement", OUTSIDE)
def test_nothing_is_written_and_nothing_else_is_read(
    statement: str, filled: Registry, tmp_path: Path
) -> None:
    (tmp_path / "secret.csv").write_text("a\n1\n")
    filled.refresh_views()
    state = filled.state.root
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(BadInput) as error:
        run("sql", statement.replace("{folder}", str(tmp_path)).replace("{state}", str(state)))
    assert "--write-files" in str(error.value) or "SHOW TABLES" in str(error.value)
    assert sorted(tmp_path.rglob("*")) == before


def test_what_is_closed_stays_closed(filled: Registry) -> None:
    filled.refresh_views()
    with open_views(filled.state) as connection:
        lock(connection, filled.state)
        for setting in ("temp_directory = '/elsewhere'", "enable_external_access = true", "threads = 1"):
            with pytest.raises(duckdb.Error, match="configuration has been locked|Cannot"):
                connection.execute(f"SET {setting}")


# DuckDB shows a bar where the program is no file
BARS = """
from datasets_registry.state import State
from datasets_registry.views.asking import open_views
from datasets_registry.views.scanning import scanning
for opened in (open_views, scanning):
    with opened(State()) as connection:
        print(*connection.execute("SELECT current_setting('enable_progress_bar')").fetchone())
"""


def test_no_progress_bar_comes_into_what_is_printed(filled: Registry) -> None:
    filled.refresh_views()
    run_alone = subprocess.run([sys.executable, "-c", BARS], capture_output=True, text=True, cwd=REPOSITORY)
    assert run_alone.stdout.split() == ["False", "False"], run_alone.stderr


def test_who_wants_an_export_says_so(filled: Registry, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    run("sql", f"COPY (SELECT prompt_id FROM cai_sft ORDER BY 1) TO '{out}'", "--write-files")
    assert out.read_text().splitlines()[0] == "prompt_id"
    assert len(rows_of(f"FROM '{out}'", "--write-files")) == 2
    with pytest.raises(BadInput, match="read-only"):
        run("sql", "CREATE TABLE x (y INT)", "--write-files")


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (["a", "b"], ["a", "b"]),
        (["a", "a"], ["a", "a_1"]),
        (["a", "a", "a_1", "a"], ["a", "a_2", "a_1", "a_3"]),
        (["a", "a_1", "a_1"], ["a", "a_1", "a_1_1"]),
    ],
)
def test_a_name_that_comes_again_has_a_number(names: list[str], shown: list[str]) -> None:
    assert distinct(names) == shown


def test_equal_names_are_all_shown(filled: Registry) -> None:
    assert rows_of("SELECT 1 AS a, 2 AS a") == [{"a": 1, "a_1": 2}]
    assert "a_1" in run("sql", "SELECT 1 AS a, 2 AS a").stdout


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("'nan'::DOUBLE", None),
        ("'-infinity'::FLOAT", None),
        ("['nan'::DOUBLE, 1]", [None, 1.0]),
        ("{'x': 'inf'::DOUBLE}", {"x": None}),
        ("MAP {1: 'nan'::DOUBLE}", {"1": None}),
        ("MAP {DATE '2026-01-01': 1}", {"2026-01-01": 1}),
        ("'\\x00'::BLOB", "b'\\x00'"),
    ],
)
def test_any_value_is_json(value: str, shown: object, filled: Registry) -> None:
    assert rows_of(f"SELECT {value} AS value") == [{"value": shown}]


@pytest.mark.parametrize("command", [("sql", "FROM cai_sft"), ("gc",)])
def test_a_lock_of_another_client_names_the_remedy(command: tuple[str, ...], filled: Registry) -> None:
    views = filled.state.views
    with subprocess.Popen([CLIENT, views], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as client:
        assert client.stdin and client.stdout
        client.stdin.write(b"SELECT 'open';\n")
        client.stdin.flush()
        while b"open" not in client.stdout.readline():
            pass
        with pytest.raises(BadInput, match=rf"PID \d+\): close it.*`duckdb -readonly {views}`"):
            run(*command)
        client.stdin.close()
        client.wait()
    run(*command)
