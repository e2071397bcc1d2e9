"""trimtab export and import: what they print, what they refuse, and what they leave in the registry."""

import json
from pathlib import Path

import pytest

from assets.building.recipe import TEXT
from datasets_registry.errors import BadInput, UnpassedVersion
from datasets_registry.hashing import file_digest
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import SftExample
from datasets_registry.rows.imported import ChatMessage
from datasets_registry.rows.rlaif import CompletionPair, PreferencePair
from datasets_registry.version import CheckResult, Derivation, Version
from methods.templates import fill, template_path
from quality.checks.table import checks_of_rows
from tests.assets.cli.trained import ended, run
from tests.datasets_registry.samples import GSM8K, HH_RLHF, write_lines
from tests.rows import make

RED = CheckResult(check="c", passed=False, severity="error", value=1, threshold=0, description="bad")


def test_an_import_is_checked_passed_and_told(registry: Registry, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "train.jsonl", GSM8K | {"url": "x"}, GSM8K, GSM8K | {"answer": "none"})
    result = run("import", path, "--as", "gsm8k", "--licence", "MIT", "--most-rejected", "0.7")
    assert "read as gsm8k: rows of problems" in result.stdout
    assert "gsm8k@1: 1 row, passed; 2 rejected" in result.stdout
    assert "exact duplicate" in result.stdout and "rejected.jsonl" in result.stdout
    assert "columns that no row has anything of: url" in result.stdout
    version = registry.passed("gsm8k")
    how = registry.derivation(version)
    checked = {check.name for check in checks_of_rows("problems", how)}
    assert {result.check for result in registry.checks(version)} == checked
    assert how.code_version == "import:gsm8k:3"
    assert (how.settings["file"], how.settings["licence"]) == ("train.jsonl", "MIT")
    assert str(tmp_path) not in json.dumps(dict(how.settings))


def test_a_version_and_its_card_name_the_columns_that_no_row_has_anything_of(
    registry: Registry, tmp_path: Path
) -> None:
    path = write_lines(tmp_path / "train.jsonl", GSM8K | {"url": "x", "by": "me"})
    run("import", path, "--as", "gsm8k", "--licence", "MIT")
    assert registry.derivation(registry.passed("gsm8k")).settings["unused_columns"] == ["by", "url"]
    assert "unused_columns" in run("show", "gsm8k", "--rows", "0").stdout
    run("export", "gsm8k", tmp_path / "out", "--to", "jsonl")
    card = (tmp_path / "out" / "README.md").read_text()
    said = card.partition('"unused_columns": [')[2].partition("]")[0]
    assert '"by"' in said and '"url"' in said


def test_the_same_file_again_makes_no_new_version(registry: Registry, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "train.jsonl", GSM8K)
    run("import", path, "--as", "gsm8k")
    assert "gsm8k@1: unchanged, no new version" in run("import", path, "--as", "gsm8k").stdout
    outcome = json.loads(run("import", path, "--as", "gsm8k", "--licence", "NOASSERTION", "--json").stdout)
    assert (outcome["version"], outcome["new"], outcome["accepted"]) == ("gsm8k@1", False, 1)
    assert len(registry.versions("gsm8k")) == 1


def test_nothing_is_committed_where_no_row_is_accepted(registry: Registry, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "hh.jsonl", HH_RLHF | {"rejected": HH_RLHF["chosen"]})
    with pytest.raises(BadInput, match="no row of .* .1 × chosen and rejected are equal.*rejected.jsonl"):
        run("import", path, "--as", "hh")
    assert registry.newest("hh") is None


def test_a_dataset_of_another_row_type_is_refused(registry: Registry, tmp_path: Path) -> None:
    hh, gsm8k = write_lines(tmp_path / "h.jsonl", HH_RLHF), write_lines(tmp_path / "g.jsonl", GSM8K)
    run("import", gsm8k, "--as", "mine")
    with pytest.raises(BadInput, match="'mine' has rows of type problems, and these are human_preferences"):
        run("import", hh, "--as", "mine", "--like", "human_preferences")
    with pytest.raises(BadInput, match="'cai_sft' has rows of type cai_sft"):
        run("import", hh, "--as", "cai_sft", "--like", "human_preferences")


def test_names_row_types_and_maps_are_validated(registry: Registry, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "g.jsonl", GSM8K)
    with pytest.raises(BadInput, match="not usable"):
        run("import", path, "--as", "../x")
    with pytest.raises(BadInput, match="no row type 'nothing': there are"):
        run("import", path, "--as", "x", "--like", "nothing")
    with pytest.raises(BadInput, match="--map needs --like ROW_TYPE"):
        run("import", path, "--as", "x", "--map", "prompt=question")
    with pytest.raises(BadInput, match="no file or folder"):
        run("import", tmp_path / "absent.jsonl", "--as", "x")


def test_a_check_that_cannot_be_measured_fails_the_version(registry: Registry, tmp_path: Path) -> None:
    path = write_lines(tmp_path / "sft.jsonl", make(SftExample).model_dump())
    result = ended("import", path, "--as", "copy")
    assert result.exit_code == 1
    assert "copy@1: 1 row, failed" in result.stdout and "copy@1 is red" in result.stderr
    with pytest.raises(UnpassedVersion, match="cannot be measured"):
        registry.passed("copy")


def test_an_export_names_its_files_and_an_unpassed_version_warns(registry: Registry, tmp_path: Path) -> None:
    how = Derivation(code_version="1", settings={}, inputs=())
    registry.record_checks(registry.commit(SftExample, [make(SftExample)], how), [RED])
    with pytest.raises(UnpassedVersion):
        run("export", "cai_sft", tmp_path / "out", "--to", "csv")
    result = run("export", "cai_sft@1", tmp_path / "out", "--to", "csv", "--json")
    assert "warning: cai_sft@1 is failed: it has not passed its checks" in result.stderr
    outcome = json.loads(result.stdout)
    assert (outcome["rows"], outcome["files"]) == (1, ["README.md", "train.csv"])
    with pytest.raises(BadInput, match="is not empty"):
        run("export", "cai_sft@1", tmp_path / "out", "--to", "csv")


def test_an_export_comes_back_under_another_name(registry: Registry, tmp_path: Path) -> None:
    run("import", write_lines(tmp_path / "h.jsonl", HH_RLHF), "--as", "hh", "--licence", "MIT")
    assert "hh@1: 1 rows as hf" in run("export", "hh", tmp_path / "out", "--to", "hf").stdout
    outcome = json.loads(run("import", tmp_path / "out", "--as", "copy", "--json").stdout)
    assert outcome["format"] == "rows"
    assert registry.passed("copy").data_version == registry.passed("hh").data_version


def test_an_export_for_trainers_says_what_it_leaves_out(registry: Registry, tmp_path: Path) -> None:
    tie = make(PreferencePair, "p2", label="tie", chosen=None, rejected=None)
    how = Derivation(code_version="1", settings={}, inputs=())
    version = registry.commit(PreferencePair, [make(PreferencePair), tie], how)
    registry.record_checks(version, [RED.model_copy(update={"passed": True})])
    result = run("export", "preference_pairs", tmp_path / "out", "--to", "trl")
    assert "preference_pairs@1: 1 of 2 rows as trl" in result.stdout
    assert "The rows are of TRL's type preference." in result.stdout
    assert "Columns that are not in the files: pair_id" in result.stdout and "tie" in result.stdout
    outcome = json.loads(
        run("export", "preference_pairs", tmp_path / "chats", "--to", "messages", "--json").stdout
    )
    assert (outcome["rows"], outcome["rows_left_out"]) == (1, {"tie": 1})
    assert any("rejected answers are not in the files" in note for note in outcome["notes"])


def sampled(registry: Registry, system_prompt: str, digest: str) -> Version:
    """Pairs made of completions that were sampled under a system prompt with this digest."""
    parts = {f"{system_prompt}{TEXT}": digest}
    settings = {"system_prompt": system_prompt}
    before = Derivation(code_version="1", settings=settings, inputs=(), parts=parts)
    source = registry.commit(CompletionPair, [make(CompletionPair)], before)
    own = [ChatMessage(role="system", content="Mine."), ChatMessage(role="user", content="Hi")]
    how = Derivation(code_version="1", settings={}, inputs=(source,))
    return registry.commit(
        PreferencePair, [make(PreferencePair), make(PreferencePair, "own", history=own)], how
    )


def test_prompts_begin_with_the_system_text_of_the_sampled_completions(
    registry: Registry, tmp_path: Path
) -> None:
    version = sampled(registry, "brief", file_digest(template_path("brief"))[:16])
    outcome = json.loads(run("export", version, tmp_path / "out", "--to", "messages", "--json").stdout)
    lines = (tmp_path / "out" / "train.jsonl").read_text().splitlines()
    first = [json.loads(line)["messages"][0] for line in lines]
    assert [turn["role"] for turn in first] == ["system", "system"]
    assert {turn["content"] for turn in first} == {fill("brief"), f"{fill('brief')}\n\nMine."}
    assert "2 rows begin with the system text of the sampled completions" in " ".join(outcome["notes"])


def test_a_system_text_that_was_edited_since_is_not_put_before_prompts(
    registry: Registry, tmp_path: Path
) -> None:
    version = sampled(registry, "brief", "0" * 16)
    with pytest.raises(BadInput, match="template 'brief' was edited since preference_pairs@1 was sampled"):
        run("export", version, tmp_path / "out", "--to", "trl")


def test_both_commands_have_a_help_text() -> None:
    for name in ("import", "export"):
        assert "--json" in run(name, "--help").stdout
