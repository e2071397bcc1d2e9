"""The page of plug-ins: its example is built by its own backend, and an edit is seen where it runs."""

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import dagster as dg
import pytest

import trimtab
from assets.building.recipe import Recipe
from assets.graph import Graph, build_graph
from assets.profile.profile import load_profile
from datasets_registry.errors import BadInput
from datasets_registry.plugins import ATTRIBUTES
from datasets_registry.registry import Registry
from datasets_registry.rows.types import ROW_TYPES
from datasets_registry.state import REPOSITORY
from generation.backends import open_backend
from generation.engine import EngineSettings
from generation.request import Request
from methods.verifiers.contract import VerifierSettings
from methods.verifiers.verifier import verifier
from tests.assets.workshop import Workshop

PAGE = (REPOSITORY / "docs" / "plugins.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"^```(?:python|toml)\n# (\S+)\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL))
MODULE, PROFILE = "my_package/trimtab.py", "brief.toml"
# what runs the plug-in's code
RUN_IT = ["gold_verdicts", "candidates", "brief_solutions"]
pytestmark = pytest.mark.filterwarnings("ignore::dagster.PreviewWarning")


class OwnBackends(Workshop):
    """A workshop whose models run as the profile says."""

    def graph(self) -> Graph:
        """The graph as it stands in the profile now."""
        return build_graph(load_profile(str(self.path)))


@pytest.fixture
def folder(tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The page's files, where Python finds the package."""
    folder = tmp_path / "elsewhere"
    for name, text in EXAMPLES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text.replace("smollm2-135m-instruct", str(tiny_model)))
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setattr("quality.checks.table._JOINED", {})
    before = dict(ROW_TYPES)
    yield folder
    for name in ROW_TYPES.keys() - before.keys():
        del ROW_TYPES[name]
    for name in [name for name in sys.modules if name.partition(".")[0] == "my_package"]:
        del sys.modules[name]


def _none(request: Request) -> str:
    raise AssertionError(request)


def test_the_example_is_built_by_its_own_code_and_an_edit_makes_its_own_datasets_stale(
    folder: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = folder / MODULE
    assert EXAMPLES[MODULE].count("\n") <= 60
    with dg.DagsterInstance.ephemeral() as instance:
        workshop = OwnBackends(folder / PROFILE, registry, instance, _none)
        only = ["problems", "base_policy", *RUN_IT]
        assert sorted(workshop.build(only)) == sorted(only)
        monkeypatch.delenv("TRIMTAB_CATALOG", raising=False)
        state = trimtab.open(registry.state.root)
        answers = state.polars("candidates")
        assert 0 < answers["accepted"].sum() < answers.height
        assert state.polars("brief_solutions").height == answers.filter("accepted")["problem_id"].n_unique()
        assert state.checks("brief_solutions")["check"].to_list() == ["some"]
        assert set(state.completions("candidates")["backend"]) == {"adding"}
        assert workshop.build(only) == []

        before = workshop.graph().known.recipes
        module.write_text(f"# a comment\n{module.read_text()}")
        assert _stale(before, workshop) == []
        module.write_text(module.read_text().replace('"another last line"', '"not the last line"'))
        assert _stale(before, workshop) == sorted(RUN_IT)


def _stale(before: Mapping[str, Recipe], workshop: Workshop) -> list[str]:
    after = workshop.graph().known.recipes
    return sorted(name for name, recipe in before.items() if after[name].version != recipe.version)


@pytest.mark.parametrize(
    ("file", "old", "new", "sentence"),
    [
        (
            MODULE,
            "import re\n",
            "import gone_library\n",
            "cannot be imported .No module named 'gone_library'.: install",
        ),
        (
            MODULE,
            "import re\n",
            "1 / 0\n",
            r"my_package.trimtab cannot be imported .division by zero.: install",
        ),
        (
            PROFILE,
            '["my_package.trimtab"]',
            '["my-package"]',
            "plugins: 'my-package' names no module: write a name",
        ),
        (
            PROFILE,
            "plugins.modules =",
            "plugins =",
            r"`plugins = \['my_package.trimtab'\]` is now `modules` in \[plugins\]",
        ),
        (
            PROFILE,
            ":last_line",
            ":first_line",
            "trimtab.VERIFIERS has no function 'first_line' .it has last_line.: add",
        ),
        (
            PROFILE,
            '"my_package.trimtab:last_line"',
            '"last_line"',
            "verifier plugin 'last_line' is not MODULE:VERIFIER",
        ),
        (
            PROFILE,
            ', plugin = "my_package.trimtab:last_line"',
            "",
            "kind = 'plugin' and plugin = .* go together",
        ),
        (
            PROFILE,
            ":adding",
            ":adder",
            "BACKENDS has no function 'adder' .it has adding.: add it, or name another",
        ),
        (
            PROFILE,
            '"my_package.trimtab:adding"',
            '"transformer"',
            "unknown backend .* .did you mean 'transformers'",
        ),
        (
            MODULE,
            '= "brief_solutions"',
            '= "candidates"',
            "names a row type 'candidates', and there is one already",
        ),
        (MODULE, 'dataset("brief_solutions"', 'dataset("candidates"', "candidates"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(
    folder: Path, file: str, old: str, new: str, sentence: str
) -> None:
    path = folder / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(BadInput, match=sentence) as refused:
        build_graph(load_profile(str(folder / PROFILE)))
    assert "\n" not in str(refused.value)


def test_a_fault_of_a_plug_ins_code_is_no_verdict_and_no_backend(folder: Path, tmp_path: Path) -> None:
    (folder / "my_package" / "faulty.py").write_text(
        "VERIFIERS = {'raises': lambda c, g: {}[g], 'says': lambda c, g: True}\n"
        "BACKENDS = {'none': lambda folder, settings, base: None}\n"
    )
    for name, sentence in (
        ("raises", "KeyError: '3' .gold answer '3'.: mend"),
        ("says", "gives True: let it"),
    ):
        verify = verifier(VerifierSettings(kind="plugin", plugin=f"my_package.faulty:{name}"))
        with pytest.raises(BadInput, match=f"verifier my_package.faulty:{name}:? {sentence}"):
            verify("Answer: 3", "3")
    with pytest.raises(BadInput, match="backend my_package.faulty:none gives None: let it give a generation"):
        open_backend("my_package.faulty:none", tmp_path, EngineSettings())


@pytest.mark.parametrize("attribute", ATTRIBUTES)
def test_all_that_a_plug_in_may_have_is_on_the_page(attribute: str) -> None:
    assert f"`{attribute}" in PAGE
