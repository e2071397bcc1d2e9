"""A reference to a version is a name, or a name and its number: every other form is refused in a sentence."""

from pathlib import Path

import pytest

from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import SftExample
from datasets_registry.upkeep.tagging import add_tag
from datasets_registry.version import numbered_reference, parsed_reference
from tests.assets.cli.trained import ended
from tests.rows import make
from tests.training.runs import commit, write
from training.running.run import open_run
from training.settings.run import RunConfig
from training.settings.sft import SftSettings

WRONG = (
    *(
        "cai_sft@latest",
        "cai_sft@newest",
        "cai_sft@Abc",
        "cai_sft@-1",
        "cai_sft@",
        "cai_sft@1@2",
        "cai_sft@1 ",
        "cai_sft@ 1",
    ),
    *("cai_sft@0", "cai_sft@01", "cai_sft@1.0", "cai_sft@1_0", "cai_sft@+1", "cai_sft@١", "cai_sft@²"),
    *(f"cai_sft@{10**30}", "cai_sft@1\n", "@1", "@", ""),
)
REFUSED = r"is not a version: write \w+@1, or \w+ for the latest"
COMMANDS = ("show", "verify", "lineage")


@pytest.fixture
def committed(registry: Registry) -> Registry:
    """A registry with cai_sft@1."""
    commit(registry, SftExample, [make(SftExample, "1")])
    return registry


@pytest.mark.parametrize("reference", WRONG)
def test_what_is_no_reference_is_refused_wherever_it_stands(
    reference: str, committed: Registry, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match=REFUSED):
        committed.resolve(reference)
    with pytest.raises(BadInput, match=REFUSED):
        open_run("sft", RunConfig[SftSettings], write(tmp_path, "cai_sft@1", base=reference), print)


def test_a_dataset_is_no_base(committed: Registry, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cai_sft@1 is a dataset, and here a model is needed"):
        open_run("sft", RunConfig[SftSettings], write(tmp_path, "cai_sft@1", base="cai_sft@1"), print)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_refuses_it(command: str, committed: Registry) -> None:
    for reference in ("cai_sft@latest", "cai_sft@-1", "cai_sft@1@2"):
        with pytest.raises(BadInput, match=REFUSED):
            ended(command, "--", reference)


def test_a_name_and_a_name_with_its_number_are_references() -> None:
    assert parsed_reference("round_02/cai_sft@12") == ("round_02/cai_sft", 12)
    assert parsed_reference("cai_sft") == ("cai_sft", None)
    assert parsed_reference("cai_sft@camera-ready") == ("cai_sft", "camera-ready")


def test_a_tag_is_no_reference_where_it_could_be_moved() -> None:
    with pytest.raises(
        BadInput, match="names a tag, which can be moved: write the number, such as cai_sft@1"
    ):
        numbered_reference("cai_sft@paper")
    assert numbered_reference("cai_sft@2") == ("cai_sft", 2)


def test_a_training_run_takes_the_version_of_a_tag(committed: Registry, tmp_path: Path) -> None:
    add_tag(committed, committed.resolve("cai_sft"), "paper")
    with pytest.raises(BadInput, match="cai_sft@1 is a dataset, and here a model is needed"):
        open_run("sft", RunConfig[SftSettings], write(tmp_path, "cai_sft@1", base="cai_sft@paper"), print)
