"""trimtab rm and gc --keep: what would go is said first, and nothing goes that something stands on."""

import json

import pytest
from typer.testing import CliRunner

from assets.cli.commands import app
from assets.cli.upkeep.asking import size
from datasets_registry.errors import BadInput, UnknownVersion
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import SftExample
from datasets_registry.version import Derivation, Version
from tests.assets.cli.trained import ended
from tests.assets.upkeep.test_holding import policy
from tests.rows import make


@pytest.fixture
def line(registry: Registry) -> list[Version]:
    """Two versions of a dataset, and a model of the second."""
    versions = []
    for number in (1, 2):
        rows = [make(SftExample, f"p{each}") for each in range(number)]
        how = Derivation(code_version="1", settings={}, inputs=())
        versions.append(registry.record_checks(registry.commit(SftExample, rows, how), []))
    return [*versions, policy(registry, 1, versions[1])]


def test_a_version_goes_after_its_size_is_said(registry: Registry, line: list[Version]) -> None:
    would = ended("rm", "cai_sft@1", "--dry-run").output
    assert "`trimtab gc --remove` frees" in would and "1 version would be removed" in would
    assert registry.versions("cai_sft") == line[:2]
    gone = json.loads(ended("rm", "cai_sft@1", "--json").output)
    assert gone["versions"] == [{"version": "cai_sft@1", "kind": "dataset"}] and gone["bytes"] > 0
    with pytest.raises(UnknownVersion, match="cai_sft@1 was removed by"):
        ended("show", "cai_sft@1")
    with pytest.raises(UnknownVersion, match="cai_sft@1 was removed by"):
        ended("rm", "cai_sft@1")


@pytest.mark.parametrize("options", [(), ("--dry-run",), ("--yes",)])
def test_what_stands_on_it_is_named(
    registry: Registry, line: list[Version], options: tuple[str, ...]
) -> None:
    with pytest.raises(BadInput, match="cai_sft@2 is kept: policy@1 stands on it .*remove what is below it"):
        ended("rm", "cai_sft", *options)
    assert registry.versions("cai_sft") == line[:2]


def test_all_versions_of_a_name_go_once_a_person_says_yes(registry: Registry, line: list[Version]) -> None:
    for answer in ("n\n", ""):
        with pytest.raises(BadInput, match="nothing is removed: answer y, or say --yes"):
            CliRunner().invoke(app, ["rm", "cai_sft", "policy"], input=answer, catch_exceptions=False)
    assert registry.names("dataset") == ["cai_sft"]
    CliRunner().invoke(app, ["rm", "cai_sft", "policy"], input="y\n", catch_exceptions=False)
    assert registry.names("dataset") == registry.names("model") == []


def test_gc_says_which_models_go_and_asks(registry: Registry) -> None:
    for number in range(3):
        policy(registry, number)
    said = ended("gc", "--keep", "1").output
    assert "2 versions go: 10 bytes are freed after --remove" in said and "newest 1" in said
    with pytest.raises(BadInput, match="nothing is removed"):
        CliRunner().invoke(app, ["gc", "--keep", "1", "--remove"], input="n\n", catch_exceptions=False)
    assert len(registry.versions("policy")) == 3
    gone = json.loads(ended("gc", "--keep", "1", "--remove", "--yes", "--json").output)
    assert [entry["goes"] for entry in gone["versions"]] == [False, True, True]
    assert gone["bytes"] == 10 and gone["removed"] and gone["files"] == []
    assert [version.number for version in registry.versions("policy")] == [3]
    assert "every version stays" in ended("gc", "--keep", "1").output


@pytest.mark.parametrize("option", ["--datasets", "--yes"])
def test_an_option_of_keep_needs_it(registry: Registry, option: str) -> None:
    with pytest.raises(BadInput, match="go with --keep N"):
        ended("gc", option)


def test_sizes_have_few_digits() -> None:
    assert [size(number) for number in (0, 999, 1_000, 12_345_678, 2 * 10**12)] == [
        "0 bytes",
        "999 bytes",
        "1.0 kB",
        "12.3 MB",
        "2.0 TB",
    ]
