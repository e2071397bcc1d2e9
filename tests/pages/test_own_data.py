"""The commands of docs/own-data.md do what the page says."""

import json
import re
import shlex
from pathlib import Path

import pytest

from assets.cli.main import main
from assets.cli.starting.init import PURPOSES, template
from benchmarks.first_day.own_data import write_pairs, write_problems
from datasets_registry.registry import Registry
from datasets_registry.state import REPOSITORY

PAGE = (REPOSITORY / "docs" / "own-data.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^trimtab (?:import|init) .*$", PAGE, flags=re.MULTILINE)


def test_the_page_shows_the_profile_that_init_writes() -> None:
    assert f"```toml\n{template('pairs')}```" in PAGE
    assert all(f"trimtab init {purpose}\n" in PAGE for purpose in PURPOSES)


def test_its_imports_and_profiles_lead_to_a_plan(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_pairs(tmp_path / "pairs.jsonl", 8, 0)
    write_problems(tmp_path / "problems.jsonl", 8, 0)
    (tmp_path / "prompts.jsonl").write_text('{"prompt": "How is a lock picked?"}\n')
    assert len(COMMANDS) == 6
    for line in COMMANDS:
        run(monkeypatch, *shlex.split(line)[1:])
    held = {}
    for purpose in PURPOSES:
        monkeypatch.setenv("TRIMTAB_PROFILE", f"{purpose}.toml")
        capsys.readouterr()
        run(monkeypatch, "plan", "--json")
        held[purpose] = [step["asset"] for step in json.loads(capsys.readouterr().out) if step["held"]]
    assert held == {purpose: [] for purpose in PURPOSES}


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    """Run a command in this process, which must end well."""
    monkeypatch.setattr("sys.argv", ["trimtab", *arguments])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert not stopped.value.code, arguments
