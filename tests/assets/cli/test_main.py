"""The command line answers from the registry, in tables and JSON; errors are one line, exit code 2."""

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version as installed
from pathlib import Path
from typing import cast

import pytest
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from assets.cli import commands as shown
from assets.cli.commands import GROUPS, SUMMARIES, app, overview
from datasets_registry.errors import BadInput, UnknownVersion
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import SftExample
from datasets_registry.state import REPOSITORY
from datasets_registry.version import CheckResult, Derivation
from generation.completer import Completer
from generation.ledger.ledger import Ledger
from generation.request import Message, Request
from generation.scripted import ScriptedBackend
from tests.rows import make

NOTHING = Derivation(code_version="1", settings={}, inputs=())
GREEN = CheckResult(check="c", passed=True, severity="error", value=0, threshold=0, description="none")
RUNNER = CliRunner()


@pytest.fixture
def filled(registry: Registry, tiny_model: Path) -> Registry:
    """A registry with a dataset of two versions, a model and a completion."""
    for rows in ([make(SftExample)], [make(SftExample), make(SftExample, "p2")]):
        registry.record_checks(registry.commit(SftExample, rows, NOTHING), [GREEN])
    registry.record_checks(registry.commit_model("base_policy", tiny_model, "f" * 64, NOTHING), [])
    request = Request(messages=(Message(role="user", content="hi"),))
    backend = ScriptedBackend(lambda _: "two words")
    Completer(backend, Ledger(registry.state.ledger), asset="answers", report=lambda _: None)("x", [request])
    return registry


def output_of(*arguments: str) -> str:
    """What the command prints."""
    result = RUNNER.invoke(app, arguments, catch_exceptions=False, env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    return result.output


def test_datasets_shows_the_newest_version_and_its_checks(filled: Registry) -> None:
    (row,) = json.loads(output_of("datasets", "--json"))
    assert (row["name"], row["version"], row["rows"], row["status"]) == ("cai_sft", 2, 2, "passed")
    assert (row["checks_passed"], row["checks"]) == (1, 1)
    assert "cai_sft" in output_of("datasets")


def test_versions_lists_all_oldest_first(filled: Registry) -> None:
    assert [version["version"] for version in json.loads(output_of("versions", "cai_sft", "--json"))] == [
        1,
        2,
    ]
    assert "passed" in output_of("versions", "cai_sft")


def test_models_shows_what_a_model_is(filled: Registry) -> None:
    (row,) = json.loads(output_of("models", "--json"))
    assert row["name"] == "base_policy" and row["base"] is None
    assert "base_policy" in output_of("models")


def test_sql_answers_over_datasets_and_versions(filled: Registry) -> None:
    assert json.loads(output_of("sql", 'SELECT count(*) AS n FROM "cai_sft@1"', "--json")) == [{"n": 1}]
    assert "vanilla" in output_of("sql", "SELECT 'vanilla' AS flavour")


def test_sql_writes_nothing(filled: Registry) -> None:
    with pytest.raises(BadInput, match="this only reads"):
        RUNNER.invoke(app, ["sql", "CREATE TABLE x (y INT)"], catch_exceptions=False)


def test_a_wrong_query_says_how_to_see_what_there_is(filled: Registry) -> None:
    with pytest.raises(BadInput, match="SHOW TABLES"):
        RUNNER.invoke(app, ["sql", "SELECT * FROM nothing"], catch_exceptions=False)


def test_ledger_counts_by_model_and_asset(filled: Registry) -> None:
    (row,) = json.loads(output_of("ledger", "--json"))
    assert (row["asset"], row["completions"], row["failures"]) == ("answers", 1, 0)
    assert row["completion_tokens"] == 2
    assert "answers" in output_of("ledger")


def test_an_unknown_name_is_an_error(filled: Registry) -> None:
    with pytest.raises(UnknownVersion):
        RUNNER.invoke(app, ["versions", "nothing"], catch_exceptions=False)


def test_an_error_is_one_line_with_the_remedy_and_exit_code_2(state: object) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "assets.cli", "versions", "nothing"],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
    )
    assert run.returncode == 2 and run.stdout == ""
    assert run.stderr.splitlines() == [
        "error: no dataset or model 'nothing': `trimtab datasets` and `trimtab models` list them"
    ]


Command = TyperCommand | TyperGroup


def commands(group: TyperGroup, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Command]]:
    """Every command by the words that call it, groups too."""
    for word, command in group.commands.items():
        assert isinstance(command, Command)
        yield (*path, word), command
        if isinstance(command, TyperGroup):
            yield from commands(command, (*path, word))


COMMANDS = dict(commands(cast(TyperGroup, get_command(app))))


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_says_in_a_line_what_it_does(words: tuple[str, ...]) -> None:
    first = (COMMANDS[words].help or "").split("\n")[0]
    assert 0 < len(first) <= 60 and first.endswith(".")


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_argument_and_option_has_a_help_text(words: tuple[str, ...]) -> None:
    arguments = [param for param in COMMANDS[words].params if param.name != "as_json"]
    assert all(getattr(param, "help", None) for param in arguments)
    assert "--json" in output_of(*words, "--help")


@pytest.mark.parametrize("words", [(), ("models",), ("ledger",)])
def test_help_cuts_no_line(words: tuple[str, ...]) -> None:
    screen = RUNNER.invoke(app if words else overview(), [*words, "--help"], env={"COLUMNS": "80"}).output
    lines = screen.partition("Commands:" if words else "Build:")[2].splitlines()
    assert lines and not any(line.endswith(("...", "…")) for line in lines)


def test_the_overview_has_every_command_once_in_the_words_of_its_help() -> None:
    helps = {
        words[0]: (command.help or "").split("\n")[0]
        for words, command in COMMANDS.items()
        if len(words) == 1
    }
    listed = [name for group in GROUPS.values() for name in group]
    assert sorted(listed) == sorted(shown.COMMANDS) and len(set(listed)) == len(listed)
    assert {name: helps[name] for name in listed} == SUMMARIES


def test_a_command_is_found_from_the_overview_and_completed() -> None:
    result = RUNNER.invoke(overview(), ["sql", "--help"])
    assert "--write-files" in result.output, result.output
    asked = {"_TRIMTAB_COMPLETE": "complete_bash", "COMP_WORDS": "trimtab da", "COMP_CWORD": "1"}
    completed = RUNNER.invoke(overview(), [], prog_name="trimtab", env=asked)
    assert completed.output.split() == ["datasets"]


# what it prints last, after the help itself
HELPED = """
import atexit, sys, time
atexit.register(lambda: print(time.process_time(), *sys.modules))
from assets.cli.main import main
sys.argv = ["trimtab", "--help"]
main()
"""


def test_help_takes_a_third_of_a_second_of_cpu_at_most() -> None:
    run = subprocess.run([sys.executable, "-c", HELPED], capture_output=True, text=True, cwd=REPOSITORY)
    seconds, *modules = run.stdout.splitlines()[-1].split()
    assert float(seconds) < 0.3 and not {"rich", "duckdb", "pydantic", "pyarrow"} & set(modules)


def test_the_version_is_the_installed_one() -> None:
    assert RUNNER.invoke(overview(), ["--version"]).output == f"trimtab {installed('trimtab')}\n"
