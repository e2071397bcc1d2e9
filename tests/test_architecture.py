"""The page of the architecture: its flows as the code has them, and its examples built as they stand."""

import ast
import json
import re
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import dagster as dg
import pytest
from typer.testing import CliRunner

from assets.cli.commands import app
from assets.graph import build_graph
from assets.profile.profile import load_profile
from datasets_registry.errors import BadInput
from datasets_registry.manifest import Manifest
from datasets_registry.registry import Registry
from datasets_registry.rows.types import ROW_TYPES
from datasets_registry.state import REPOSITORY
from generation.request import Request
from tests.assets.workshop import Workshop

PAGE = (REPOSITORY / "docs" / "architecture.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"^```(?:python|toml)\n# (\S+)\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL))
FLOWS = [line for line in PAGE.splitlines() if line.startswith("|") and "→" in line.split("|")[1]]
MOST_MODULES = 10
pytestmark = pytest.mark.filterwarnings("ignore::dagster.PreviewWarning")


def imported_by(path: str) -> set[str]:
    """The files of the modules that a module names in its import statements."""
    nodes = ast.walk(ast.parse((REPOSITORY / path).read_text(encoding="utf-8")))
    names = [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
    return {f"{name.replace('.', '/')}.py" for name in names}


@pytest.mark.parametrize("flow", FLOWS, ids=[flow.split("|")[1].strip() for flow in FLOWS])
def test_a_flow_crosses_few_modules_one_way(flow: str) -> None:
    modules = re.findall(r"`(\S+\.py)`", flow)
    assert 4 < len(modules) == len(set(modules)) <= MOST_MODULES
    # an order, or CycleError: none needs what needs it, directly or through others
    assert list(TopologicalSorter({module: imported_by(module) for module in modules}).static_order())
    declared, *done = modules
    assert not any(declared in imported_by(module) for module in done)


def test_each_flow_has_its_steps_and_each_named_file_is_there() -> None:
    assert len(FLOWS) == 8
    paths = re.findall(r"`((?:[a-z_]+/)+(?:[a-z_]+\.py)?)`", PAGE)
    pages = [f"docs/{page}" for page in re.findall(r"\]\(([a-z_/.]+)\)", PAGE)]
    assert len(paths) > len(FLOWS)
    for path in (*paths, *pages):
        assert (REPOSITORY / path).exists(), path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The page's files in a folder where Python finds the plug-in, here and in a trainer's process."""
    folder = tmp_path / "plugin"
    for name, text in EXAMPLES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", f"{folder}:{REPOSITORY}")
    monkeypatch.setattr("quality.checks.table._JOINED", {})
    before = dict(ROW_TYPES)
    yield folder
    for name in ROW_TYPES.keys() - before.keys():
        del ROW_TYPES[name]
    for name in [name for name in sys.modules if name.partition(".")[0] == "brief"]:
        del sys.modules[name]


@pytest.fixture
def workshop(folder: Path, tiny_model: Path, registry: Registry) -> Iterator[Workshop]:
    """The page's profile on a tiny model, of which nothing is built yet."""
    profile = folder / "brief.toml"
    profile.write_text(profile.read_text().replace("smollm2-135m-instruct", str(tiny_model)))
    with dg.DagsterInstance.ephemeral() as instance:
        yield Workshop(profile, registry, instance, _answer)


def _answer(request: Request) -> str:
    return "Yes. " * (1 + request.seed % 5)


def test_the_examples_are_built_checked_and_trained(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert workshop.build() == ["helpful_prompts", "base_policy", "brief_answers", "brief_policy"]
    assert len(workshop.requests) == 16
    assert {
        request.messages[0].content.endswith("\n\nAnswer in one sentence.") for request in workshop.requests
    }
    answers = workshop.registry.passed("brief_answers")
    assert [check.check for check in workshop.registry.checks(answers)] == ["share_whole"]
    manifest = Manifest.read(workshop.registry.folder(workshop.registry.passed("brief_policy")))
    assert manifest.trainer == "longest" and manifest.settings["share"] == 0.5
    assert (manifest.rows["given"], manifest.rows["trained"], manifest.rows["shorter"]) == (16, 8, 8)
    assert workshop.build() == [] and workshop.requests == []

    monkeypatch.setenv("TRIMTAB_PROFILE", str(workshop.path))
    shown = CliRunner().invoke(app, ["show", "brief_answers", "--json"], catch_exceptions=False)
    details = json.loads(shown.stdout)
    assert details["status"] == "passed" and details["version"] == 1


def test_an_edit_of_the_example_is_seen_as_one_of_ours(workshop: Workshop) -> None:
    graph = workshop.graph().known.recipes
    method = workshop.path.parent / "brief" / "answers.py"
    method.write_text(method.read_text().replace("{prompt.prompt}\\n\\n", "{prompt.prompt} "))
    edited = workshop.graph().known.recipes
    assert [name for name in graph if graph[name].version != edited[name].version] == ["brief_answers"]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            "ROW_TYPES = (BriefAnswer,)",
            "",
            "brief declares brief_answers, and its ROW_TYPES has no BriefAnswer",
        ),
        (
            "ROW_TYPES = (BriefAnswer,)",
            "ROW_TYPES = (Check,)",
            "brief.ROW_TYPES holds .*, which is not a row type",
        ),
        ("CHECKS = (", "CHECKS = (1, ", "brief.CHECKS holds 1, which is not a check"),
        ("return [dataset(", 'return ["brief", dataset(', "brief.declare gives '.*', which is not a dataset"),
    ],
)
def test_a_plug_in_that_cannot_be_used_is_refused(folder: Path, old: str, new: str, sentence: str) -> None:
    module = folder / "brief" / "__init__.py"
    text = module.read_text()
    assert old in text
    module.write_text(text.replace(old, new))
    with pytest.raises(BadInput, match=f"plugins: {sentence}"):
        build_graph(load_profile(str(folder / "brief.toml")))


def test_names_that_are_taken_are_refused(folder: Path) -> None:
    rows = folder / "brief" / "rows.py"
    rows.write_text(rows.read_text().replace('"brief_answers"', '"cai_sft"'))
    with pytest.raises(
        BadInput, match="brief names a row type 'cai_sft', and there is one already: rename it"
    ):
        load_profile(str(folder / "brief.toml"))


def test_a_check_that_is_there_already_is_refused(folder: Path) -> None:
    module = folder / "brief" / "__init__.py"
    module.write_text(
        module.read_text().replace(
            '"brief_answers",\n        "share_whole"', '"cai_sft",\n        "prompt_equals_source"'
        )
    )
    with pytest.raises(
        BadInput, match="brief names a check 'prompt_equals_source' of cai_sft, and there is one already"
    ):
        load_profile(str(folder / "brief.toml"))
