"""Every query of docs/sql.md answers over a registry with a history, from Python and the DuckDB client."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from datasets_registry.state import REPOSITORY
from tests.traced import Traced

PAGE = (REPOSITORY / "docs" / "sql.md").read_text(encoding="utf-8")
QUESTIONS = re.findall(r"^\*\*(\d+)\. (.+?)\*\*.*?^```sql\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)
CLIENT = shutil.which("duckdb", path=str(Path(sys.executable).parent)) or shutil.which("duckdb")


def test_the_page_has_at_least_fifteen_questions_numbered_in_order() -> None:
    assert [int(number) for number, *_ in QUESTIONS] == list(range(1, len(QUESTIONS) + 1))
    assert len(QUESTIONS) >= 15 and len(QUESTIONS) == PAGE.count("```sql")


@pytest.mark.parametrize(
    "query", [question[2] for question in QUESTIONS], ids=[question[1] for question in QUESTIONS]
)
def test_a_question_has_an_answer(query: str, history: Traced) -> None:
    with duckdb.connect(history.registry.state.views, read_only=True) as connection:
        assert connection.execute(query).fetchall()


@pytest.mark.skipif(CLIENT is None, reason="the duckdb client is not installed")
@pytest.mark.parametrize(
    "query", [question[2] for question in QUESTIONS], ids=[question[1] for question in QUESTIONS]
)
def test_the_client_of_another_version_answers_too(query: str, history: Traced) -> None:
    assert CLIENT is not None
    run = subprocess.run(
        [CLIENT, "-readonly", "-json", str(history.registry.state.views)],
        input=query,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "") and run.stdout.strip() not in ("", "[]", "[{]")
