"""trimtab pass, verify and gc: what a person does when something is red, broken or left over."""

import json
import os
import pwd
import time

import pytest
from typer.testing import CliRunner

from assets.cli.commands import app
from assets.ui.metadata import check_results
from datasets_registry.errors import BadInput, UnpassedVersion
from datasets_registry.registry import Registry
from datasets_registry.rows.prompts import HelpfulPrompt
from datasets_registry.version import CheckResult, Derivation, Version
from quality.checks.check import run_check
from quality.checks.table import checks_of
from tests.rows import make

RUNNER = CliRunner()
RED = CheckResult(
    check="no_empty_text", passed=False, severity="error", value=1, threshold=0, description="1 bad row"
)


@pytest.fixture
def failed(registry: Registry, derivation: Derivation) -> Version:
    """A version with a red blocking check."""
    return registry.record_checks(registry.commit(HelpfulPrompt, [make(HelpfulPrompt)], derivation), [RED])


def output_of(*arguments: str, code: int = 0) -> str:
    """What the command prints."""
    result = RUNNER.invoke(app, arguments, catch_exceptions=False, env={"COLUMNS": "200"})
    assert result.exit_code == code, result.output
    return result.output


def test_a_person_passes_a_failed_version_and_it_is_recorded(
    registry: Registry, failed: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "somebody else")
    with pytest.raises(UnpassedVersion, match="check no_empty_text failed"):
        registry.passed("helpful_prompts")
    rows = json.loads(output_of("pass", "helpful_prompts@1", "--reason", "the row is fine", "--json"))
    assert [row["severity"] for row in rows] == ["warning", "warning"]
    said = f"{pwd.getpwuid(os.geteuid()).pw_name} passed helpful_prompts@1: the row is fine"
    assert all(said in row["description"] for row in rows)
    passed = registry.passed("helpful_prompts")
    (result,) = check_results("helpful_prompts", registry.checks(passed), {"no_empty_text"})
    # what a person overruled holds nothing in Dagster either
    assert result.passed and "the row is fine" in str(result.description)
    checks = json.loads(output_of("sql", "SELECT * FROM checks WHERE version = 1", "--json"))
    assert [check["severity"] for check in checks] == ["error", "warning", "warning"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("helpful_prompts", "--reason", "x"), "not an exact version"),
        (("helpful_prompts@1", "--reason", " "), "say why helpful_prompts@1 may be used"),
    ],
)
def test_a_pass_needs_a_number_and_a_reason(
    failed: Version, arguments: tuple[str, ...], message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        RUNNER.invoke(app, ["pass", *arguments], catch_exceptions=False)


def test_verify_names_what_is_broken_and_exits_with_1(registry: Registry, derivation: Derivation) -> None:
    version = registry.commit(HelpfulPrompt, [make(HelpfulPrompt)], derivation)
    checks = [run_check(check, registry, version, ()) for check in checks_of("helpful_prompts")]
    registry.record_checks(version, checks)
    assert "1 version verified" in output_of("verify")
    assert json.loads(output_of("verify", "helpful_prompts@1", "--json")) == []
    registry.files(version)[0].unlink()
    (finding,) = json.loads(output_of("verify", "helpful_prompts", "--json", code=1))
    assert "is missing" in finding["what"]
    with pytest.raises(BadInput, match="No files found"):
        RUNNER.invoke(app, ["sql", "FROM helpful_prompts"], catch_exceptions=False)


def test_gc_says_what_would_go_and_removes_it_when_told(registry: Registry) -> None:
    orphan = registry.state.objects / "aa" / ("aa" * 32 + ".parquet")
    orphan.parent.mkdir()
    orphan.write_bytes(b"x")
    assert json.loads(output_of("gc", "--json")) == []
    os.utime(orphan, (time.time() - 90_000,) * 2)
    assert json.loads(output_of("gc", "--json")) == [{"path": str(orphan)}] and orphan.exists()
    assert "removed" in output_of("gc", "--remove") and not orphan.exists()
    for grace in ("1m", "soon"):
        with pytest.raises(BadInput, match="grace"):
            RUNNER.invoke(app, ["gc", "--grace", grace], catch_exceptions=False)
