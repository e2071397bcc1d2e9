"""What rules and verifiers of plug-ins run is what recipes hold, and an edit of them is another recipe."""

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from assets.profile.chosen import FOLDER, read_chosen
from datasets_registry.errors import BadInput
from datasets_registry.state import REPOSITORY
from tests.assets.graphs import Declaration, declared

MEASURED = {
    f"evaluation_answers/{model}" for model in ("base_policy", "sft_policy", "dpo_policy", "canaries")
}
HOLDERS = {"ai_judgements", "rule_controls", "rule_selections", *MEASURED}
FILES = {
    "__init__.py": "from .words import polite\n\nRULES = {'polite': polite}\n",
    "words.py": "from .list import WORD\n\ndef polite(prompt, response):\n    return WORD in response\n",
    "list.py": "WORD = 'please'\n",
    "other.py": "UNUSED = 1\n",
}
VERIFIER = """
from methods.verifiers.contract import Verification

def right(completion, gold):
    return Verification(completion == gold, completion, None)

VERIFIERS = {"right": right}
"""
VERIFYING = {"gold_verdicts", "candidates", "step_rollouts", "grpo_policy"}
PRINCIPLE = '\n[[principles]]\nid = "polite"\nsignal = "form"\nrule = { plugin = "tone_of_rules:polite" }\n'


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A plug-in with a rule in modules of its own, which is no longer known afterwards."""
    folder = tmp_path / "tone_of_rules"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "tone_of_rules"]:
        del sys.modules[name]


def laptop(folder: Path, more: str = PRINCIPLE) -> Declaration:
    """The laptop's graph under its constitution and a principle more."""
    shipped = (REPOSITORY / "methods" / "judging" / "constitution.toml").read_text()
    constitution = folder / "constitution.toml"
    constitution.write_text(shipped + more)
    content = tomllib.loads((FOLDER / "laptop.toml").read_text())
    return declared({**content, "constitution": str(constitution)})


def test_a_rule_of_a_plug_in_is_code_of_what_it_decides(plugin: Path, tmp_path: Path) -> None:
    before = laptop(tmp_path)
    assert before.differing(laptop(tmp_path, "")) >= HOLDERS
    for name in HOLDERS:
        assert {"tone_of_rules", "tone_of_rules.words", "tone_of_rules.list"} <= before.recipes[
            name
        ].parts.keys()
    (plugin / "other.py").write_text("UNUSED = 2\n")
    assert not before.differing(laptop(tmp_path))
    (plugin / "list.py").write_text("WORD = 'thank you'\n")
    assert before.differing(laptop(tmp_path)) == HOLDERS
    with pytest.raises(BadInput, match="the code of ai_judgements changed since the graph was loaded"):
        before.recipes["ai_judgements"].require_current_code()


def test_a_verifier_of_a_plug_in_is_code_of_all_that_verify(plugin: Path) -> None:
    (plugin / "checking.py").write_text(VERIFIER)
    content = read_chosen("gpu")[1]
    content["problems"]["verifier"] = {"kind": "plugin", "plugin": "tone_of_rules.checking:right"}
    before = declared(content)
    assert before.versions.keys() >= VERIFYING
    (plugin / "checking.py").write_text(VERIFIER.replace("== gold", "!= gold"))
    assert before.differing(declared(content)) == VERIFYING


def test_a_rule_of_no_plug_in_is_refused_with_the_constitution(tmp_path: Path) -> None:
    with pytest.raises(
        BadInput, match="constitution .* plugins: gone_rules cannot be imported .*: install it"
    ):
        laptop(tmp_path, PRINCIPLE.replace("tone_of_rules", "gone_rules"))
