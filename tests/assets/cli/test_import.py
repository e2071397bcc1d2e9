"""trimtab import judges a file as a whole: too many rejected rows are red, and earlier rows current again."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from assets.building.versions import Recipes
from datasets_registry.errors import BadInput, UnpassedVersion
from datasets_registry.registry import Registry, is_red
from datasets_registry.rows.imported import Demonstration
from datasets_registry.version import Derivation
from quality.auditing.publishing import checked_again
from quality.auditing.verify import verify
from tests.assets.cli.trained import ended, run
from tests.datasets_registry.samples import write_lines


def asked(number: int, answer: str = "It is {}.") -> dict[str, Any]:
    """A demonstration that is like no other."""
    return {"prompt": f"What is {number} + {number}?", "completion": answer.format(2 * number)}


def imported(folder: Path, *rows: Any, name: str = "d.jsonl", more: tuple[str, ...] = ()) -> Result:
    """The outcome of the command for a file with these rows."""
    return ended("import", write_lines(folder / name, *rows), "--as", "demonstrations", *more)


GOOD = [asked(number) for number in range(19)]


@pytest.mark.parametrize("broken", ["{", json.dumps(asked(1)), json.dumps({"prompt": "x"})])
def test_half_of_the_rows_rejected_is_red_with_the_share_and_the_remedy(
    registry: Registry, tmp_path: Path, broken: str
) -> None:
    result = imported(tmp_path, asked(1), broken)
    assert result.exit_code == 1
    assert "demonstrations@1: 1 row, failed; 1 rejected" in result.stdout
    assert "rejected_rows is 0.5, must be at most 0.05" in result.stderr
    assert "`trimtab pass demonstrations@1 --reason" in result.stderr
    with pytest.raises(UnpassedVersion, match="check rejected_rows failed: rejected_rows is 0.5"):
        Recipes({}, {}).versions(registry).passed("demonstrations")


def test_a_twentieth_of_the_rows_may_be_rejected_and_no_more_unless_said(
    registry: Registry, tmp_path: Path
) -> None:
    assert imported(tmp_path, *GOOD, "{").exit_code == 0
    assert imported(tmp_path, *GOOD, "{", "{").exit_code == 1
    assert imported(tmp_path, *GOOD, "{", "{", more=("--most-rejected", "0.1")).exit_code == 0
    assert imported(tmp_path, *GOOD, "{", more=("--most-rejected", "0")).exit_code == 1


def test_a_red_import_is_json_alone_and_says_which_check(registry: Registry, tmp_path: Path) -> None:
    result = imported(tmp_path, asked(1), "{", more=("--json",))
    outcome = json.loads(result.stdout)
    assert (result.exit_code, outcome["status"], outcome["rejected"]) == (1, "failed", {"not JSON": 1})
    assert "rejected_rows is 0.5" in outcome["red"][0]


def test_a_red_import_passes_by_a_person_or_when_good_rows_come(registry: Registry, tmp_path: Path) -> None:
    imported(tmp_path, asked(1), "{")
    run("pass", "demonstrations@1", "--reason", "the other row was a comment")
    assert registry.passed("demonstrations").number == 1
    assert imported(tmp_path, asked(1), "{").exit_code == 0
    assert imported(tmp_path, asked(2), "{").exit_code == 1
    mended = imported(tmp_path, asked(2))
    assert (mended.exit_code, registry.passed("demonstrations").number) == (0, 2)
    assert not verify(registry, registry.passed("demonstrations"))


def test_a_red_import_stays_red_when_its_checks_run_again(registry: Registry, tmp_path: Path) -> None:
    imported(tmp_path, asked(1), "{")
    version = registry.version("demonstrations", 1)
    assert not verify(registry, version)
    (red,) = filter(is_red, checked_again(registry, Demonstration, version, ()))
    assert (red.check, red.value, red.threshold) == ("rejected_rows", 0.5, 0.05)


def test_rows_of_an_earlier_version_make_it_current_again(registry: Registry, tmp_path: Path) -> None:
    first, second = [asked(1), asked(2)], [asked(1), asked(2, "Four, or {}.")]
    imported(tmp_path, *first)
    imported(tmp_path, *second)
    result = imported(tmp_path, *first)
    assert (
        "demonstrations@1: the same rows as then, passed, and current again in place of demonstrations@2"
        in (result.stdout)
    )
    assert registry.passed("demonstrations").number == 1
    outcome = json.loads(imported(tmp_path, *second, more=("--json",)).stdout)
    assert (outcome["version"], outcome["replaces"]) == ("demonstrations@2", "demonstrations@1")
    assert "demonstrations@2: unchanged, no new version, passed" in imported(tmp_path, *second).stdout


@pytest.mark.parametrize("more", [(), ("--licence", "MIT")])
def test_a_renamed_file_or_another_licence_is_recorded_and_nothing_is_learned_anew(
    registry: Registry, tmp_path: Path, more: tuple[str, ...]
) -> None:
    imported(tmp_path, *GOOD)
    result = imported(tmp_path, *GOOD, name="renamed.jsonl", more=more)
    assert "demonstrations@2: the rows of demonstrations@1 from elsewhere, passed" in result.stdout
    first, second = registry.versions("demonstrations")
    assert first.learned_version == second.learned_version
    (source,) = {row.source for row in registry.rows(Demonstration, second)}
    assert source == "renamed.jsonl"


@pytest.mark.parametrize(
    "name", ["versions", "judgements", "this", "Select", "a-b", "../a", "sft_policy", "x" * 101]
)
def test_a_name_that_is_taken_or_no_name_is_refused_before_a_row_is_read(
    registry: Registry, tmp_path: Path, name: str
) -> None:
    with pytest.raises(BadInput, match="is not usable|is a model of the profile: choose another name"):
        run("import", tmp_path / "absent.jsonl", "--as", name)


@pytest.mark.parametrize("name", ["select", "main", "temp", "cai", "rlaif", "information_schema", "prompts"])
def test_words_of_sql_and_of_methods_are_names_like_others(
    registry: Registry, tmp_path: Path, name: str
) -> None:
    run("import", write_lines(tmp_path / "d.jsonl", *GOOD), "--as", name)
    rows = json.loads(run("sql", f'SELECT count(*) AS n FROM "{name}"', "--json").stdout)
    assert rows == [{"n": len(GOOD)}]


def test_a_name_is_of_a_dataset_or_of_a_model(registry: Registry, tmp_path: Path) -> None:
    run("import", write_lines(tmp_path / "d.jsonl", *GOOD), "--as", "mine")
    how = Derivation(code_version="1", settings={}, inputs=())
    with pytest.raises(BadInput, match="'mine' is a dataset, and so cannot be a model too"):
        registry.commit_model("mine", tmp_path / "model", "f" * 16, how)
    registry.commit_model("policy", tmp_path / "model", "f" * 16, how)
    with pytest.raises(BadInput, match="'policy' is a model"):
        run("import", tmp_path / "d.jsonl", "--as", "policy")
