"""All faults of a profile are said at once, each with its place, its value and what was meant."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from assets.profile.profile import load_profile
from datasets_registry.boundary import ended_in_one_line
from datasets_registry.errors import BadInput, Faults

SHORT = """
[models.base_policy]
model = "lab"

[models.dpo_policy]
trainer = "dpo"
base = "base_policy"
dataset = "my_pairs"
training = { beta = 0.1 }
"""


def faults(folder: Path, text: str) -> Sequence[str]:
    """What is wrong with a profile of this text, without the file's name."""
    path = folder / "mine.toml"
    path.write_text(text)
    with pytest.raises(Faults) as refused:
        load_profile(str(path))
    return [sentence.removeprefix(f"profile {path}: ") for sentence in refused.value.sentences]


def test_models_on_imported_data_are_a_whole_profile(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(SHORT)
    assert load_profile(str(path)).description == "profile mine"
    assert len(SHORT.split("\n")) <= 12


def test_all_faults_are_said_at_once(tmp_path: Path) -> None:
    text = SHORT.replace('"base_policy"', '"base_polcy"').replace("[models.base", "[models.base", 1)
    text = 'desription = "mine"\n' + text.replace("beta = 0.1", "learning_rate = 0, bta = 0.1")
    text += '\n[models.judge]\nmodle = "lab"\n\n[answers]\ntemperature = -1\n\n[rft.candidates]\nnumber = 0\n'
    assert sorted(faults(tmp_path, text)) == [
        "answers.temperature is -1: it should be greater than or equal to 0",
        "models.dpo_policy.training.learning_rate is 0: it should be greater than 0",
        "rft.candidates.number is 0: it should be greater than or equal to 1",
        "unknown key 'desription': write 'description', or remove it",
        "unknown key 'models.dpo_policy.training.bta': write 'beta', or remove it",
        "unknown key 'models.judge.modle': write 'model', or remove it",
    ]


@pytest.mark.parametrize(
    ("old", "new", "sentences"),
    [
        # a misspelt key is read as what it resembles, so that nothing else is missing
        ("trainer", "traner", ["unknown key 'models.dpo_policy.traner': write 'trainer', or remove it"]),
        ("dataset", "datset", ["unknown key 'models.dpo_policy.datset': write 'dataset', or remove it"]),
        (
            'trainer = "dpo"\nbase = "base_policy"',
            'trainer = "dop"\nbase = "base"',
            [
                "models.dpo_policy.trainer: unknown trainer 'dop' (did you mean 'dpo'?): use one of [",
            ],
        ),
        # rules on several models and sections
        (
            "[models.base_policy]",
            '[models.other]\ntrainer = "sft"\nbase = "bas"\ndataset = "d"\n[rlaif]\npolicy = "nobody"\n'
            '[rlaif.judge]\njudges = ["dpo_polcy"]\n[models.base_policy]',
            [
                "models.other: unknown model 'bas'",
                "rlaif.policy: unknown model 'nobody'",
                "rlaif.judge.judges.0: unknown model 'dpo_polcy' (did you mean 'dpo_policy'?)",
                "[rlaif] needs [judges]: add it, or leave [rlaif] out",
            ],
        ),
        # a section's fault hides no rule on the others, and what follows from it is not said
        (
            "[models.base_policy]",
            '[answers]\nmax_tokens = 0\n[cai]\npolicy = "nobody"\n[models.base_policy]',
            [
                "answers.max_tokens is 0: it should be greater than or equal to 1",
                "cai.policy: unknown model 'nobody'",
                "[cai] needs [judges]",
            ],
        ),
        (
            "[models.base_policy]",
            '[problems]\nseed = -1\n[rft.candidates]\npolicies = ["dpo_policy"]\n[models.base_policy]',
            ["problems.seed is -1: it should be greater than or equal to 0"],
        ),
        # rounds, as models, are read with their training
        (
            "[models.base_policy]",
            '[rounds.mine]\npolicy = "base_policy"\nnumber = 0\ntraining = { learning_rate = 0 }\n'
            "[models.base_policy]",
            [
                "rounds.mine.number is 0: it should be greater than or equal to 1",
                "rounds.mine.training.learning_rate is 0: it should be greater than 0",
            ],
        ),
    ],
)
def test_faults_do_not_hide_each_other(old: str, new: str, sentences: Sequence[str], tmp_path: Path) -> None:
    said = faults(tmp_path, SHORT.replace(old, new, 1))
    assert len(said) == len(sentences), said
    assert all(any(each.startswith(sentence) for each in said) for sentence in sentences), said


def test_each_fault_is_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(SHORT.replace("beta", "bta").replace("model =", "modl ="))
    with pytest.raises(SystemExit), ended_in_one_line():
        load_profile(str(path))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2 and all(line.startswith(f"error: profile {path}: unknown key") for line in lines)


@pytest.mark.parametrize("key", ["include", "extend", "extendss"])
def test_other_words_for_extends_are_answered_with_it(key: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f'{key} = "laptop"\n')
    with pytest.raises(BadInput, match=f"unknown key '{key}': write 'extends', or remove it"):
        load_profile(str(path))
