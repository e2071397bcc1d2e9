"""An outcome reward model ranks answers of held-out problems, and is scored where it was trained."""

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoTokenizer

from datasets_registry.errors import BadInput, ModelFailed
from datasets_registry.registry import Registry
from datasets_registry.rows.rft import GoldSolution, VerifiedPair
from datasets_registry.rows.rlaif import PreferencePair
from generation.chat import finished
from generation.models.folder import fingerprint, validated_folder
from generation.request import Message
from generation.scoring.outcomes import Answered, OutcomeScorer
from tests.loaded import base_of, loaded
from tests.rows import make
from tests.training.runs import as_it_is, commit, gold, manifest, verified, write
from training.data.rows import Grouped, PairRow, held_out_groups
from training.data.soft_labels import by_signal, margin
from training.reward_model import reward_model

SETTINGS = {
    "learning_rate": 3e-3,
    "max_steps": 12,
    "min_steps": 1,
    "batch_size": 4,
    "max_length": 48,
    "held_out_share": 0.25,
}
# the first step of a warm-up would move nothing
ONE_STEP = {"max_steps": 1, "warmup_share": 0}


def answered(number: int, completion: str) -> Answered:
    """An answer to the problem of that number."""
    return Answered((Message(role="user", content=f"{number}+{number}=?"),), completion)


def plain_scores(folder: Path, answers: list[Answered]) -> list[float]:
    """The scores as transformers itself gives them, padded by the saved tokenizer."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = loaded(folder, "AutoModelForSequenceClassification")
    texts = [
        finished(tokenizer, [*answer.messages, Message(role="assistant", content=answer.completion)])
        for answer in answers
    ]
    inputs = tokenizer(
        texts, padding=True, padding_side="right", add_special_tokens=False, return_tensors="pt"
    )
    with torch.inference_mode():
        return [float(score) for score in model(**inputs).logits[:, 0]]


@pytest.mark.parametrize("rank", [None, 8])
def test_it_ranks_answers_of_problems_that_were_held_out(
    base: Path, registry: Registry, tmp_path: Path, rank: int | None
) -> None:
    pairs = [verified(number, "yes " * (1 + number % 3), "no " * (3 - number % 3)) for number in range(20)]
    pairs.append(verified(20, "yes", "no " * 60))
    settings = {**SETTINGS, "lora_rank": rank}
    dataset = commit(registry, VerifiedPair, pairs)
    reward_model(write(tmp_path, dataset, settings=settings, system_text=None), lambda _: None)
    folder, said = validated_folder(tmp_path / "model"), manifest(tmp_path)
    assert said["rows"] == {"given": 21, "trained": 15, "held_out": 5, "too_long": 1, "unlabelled": 0}
    assert said["metrics"]["held_out_accuracy"] == 1.0 and said["metrics"]["held_out_margin"] > 0.5
    assert said["settings"]["held_out_share"] == 0.25 and said["fingerprint"] == fingerprint(folder)
    assert (folder / "adapter").exists() == (rank is not None)
    answers = [answered(1, "yes"), answered(2, "no no no no"), answered(3, "yes yes yes yes yes")]
    scorer = OutcomeScorer(folder, base_of(folder))
    scores = scorer.scores(answers)
    assert scores == pytest.approx(plain_scores(folder, answers), abs=1e-4)
    right, wrong, long = scores
    assert right and wrong and long and right > wrong and long > wrong


def test_where_padding_is_the_end_of_a_turn_the_trained_token_is_the_scored_one(
    base: Path, registry: Registry, tmp_path: Path
) -> None:
    template = (base / "chat_template.jinja").read_text()
    # nothing after the end of a turn: transformers would take it for padding, and score the word before
    (base / "chat_template.jinja").write_text(template.replace("<|im_end|>\n", "<|im_end|>"))
    pairs = [verified(number, "yes", "no no no") for number in range(8)]
    settings = {**SETTINGS, "lora_rank": None, "held_out_share": 0}
    dataset = commit(registry, VerifiedPair, pairs)
    path = write(tmp_path, dataset, base=as_it_is(registry, base), settings=settings, system_text=None)
    reward_model(path, lambda _: None)
    answers = [answered(1, "yes"), answered(2, "no no no")]
    scores = OutcomeScorer(tmp_path / "model", base_of(tmp_path / "model")).scores(answers)
    assert scores == pytest.approx(plain_scores(tmp_path / "model", answers), abs=1e-4)
    right, wrong = scores
    assert right and wrong
    assert right - wrong == pytest.approx(manifest(tmp_path)["metrics"]["margin"], rel=0.2)


def test_the_trained_margin_is_the_scored_one(lab: Path, registry: Registry, tmp_path: Path) -> None:
    pairs = [verified(number, "A:7", "1+1=2\nA:8") for number in range(4)]
    settings = {**SETTINGS, **ONE_STEP, "learning_rate": 1e-9, "held_out_share": 0, "lora_rank": None}
    dataset = commit(registry, VerifiedPair, pairs)
    reward_model(write(tmp_path, dataset, settings=settings, system_text=None), lambda _: None)
    said = manifest(tmp_path)
    assert said["rows"]["held_out"] == 0 and "held_out_accuracy" not in said["metrics"]
    scorer = OutcomeScorer(tmp_path / "model", base_of(tmp_path / "model"))
    margins: list[float] = []
    for number in range(4):
        chosen, rejected = scorer.scores([answered(number, "A:7"), answered(number, "1+1=2\nA:8")])
        assert chosen is not None and rejected is not None
        margins.append(chosen - rejected)
    assert sum(margins) / 4 == pytest.approx(said["metrics"]["margin"], abs=1e-5)


def test_pairs_without_a_label_are_counted(base: Path, registry: Registry, tmp_path: Path) -> None:
    pairs = [make(PreferencePair, f"p{number}", chosen="yes", rejected="no") for number in range(8)]
    tie = make(PreferencePair, "tie", label="tie", chosen=None, rejected=None)
    dataset = commit(registry, PreferencePair, [*pairs, tie])
    reward_model(write(tmp_path, dataset, settings={**SETTINGS, **ONE_STEP}), lambda _: None)
    said = manifest(tmp_path)
    assert said["rows"] == {"given": 9, "trained": 6, "held_out": 2, "too_long": 0, "unlabelled": 1}


@pytest.mark.parametrize(
    ("dataset", "error", "message"),
    [
        ("pairs", ModelFailed, "2 usable rows of 3, fewer than the 4 of one step"),
        ("gold", BadInput, "gold_solutions@1 has no column 'chosen'"),
    ],
)
def test_too_few_pairs_and_other_datasets_are_refused_before_training(
    base: Path, registry: Registry, tmp_path: Path, dataset: str, error: type[Exception], message: str
) -> None:
    found = (
        commit(registry, VerifiedPair, [verified(number, "a", "b") for number in range(3)])
        if dataset == "pairs"
        else commit(registry, GoldSolution, [gold("p", "a")])
    )
    with pytest.raises(error, match=message):
        reward_model(write(tmp_path, found, settings=SETTINGS), lambda _: None)
    assert not (tmp_path / "model").exists()


def groups(*names: str) -> list[Grouped]:
    """Rows of these groups."""
    return [{"split_group": name} for name in names]


def test_whole_groups_are_held_out_and_more_rows_move_none_of_them() -> None:
    rows = groups(*[f"g{number % 20}" for number in range(100)])
    held = held_out_groups(rows, 0.25, seed=0)
    assert len(held) == 5 and held == held_out_groups(rows[::-1], 0.25, seed=0)
    assert held != held_out_groups(rows, 0.25, seed=1)
    assert len(held - held_out_groups(rows + groups("new"), 0.25, seed=0)) <= 1
    assert held_out_groups(rows, 0, seed=0) == set() == held_out_groups([], 0.5, seed=0)
    assert held_out_groups(groups("one"), 0.5, seed=0) == set()
    assert len(held_out_groups(groups("one", "two"), 0.1, seed=0)) == 1


def test_a_surer_judge_asks_for_more_margin_and_centring_costs_what_is_off_zero(
    base: Path, registry: Registry, tmp_path: Path
) -> None:
    def trained(name: str, p_a: float, **told: Any) -> Path:
        rows = [
            make(PreferencePair, f"p{number}", label="a", p_a=p_a, chosen="yes", rejected="no no no")
            for number in range(8)
        ]
        settings = SETTINGS | {"lora_rank": None, "held_out_share": 0, "max_length": 96} | told
        path = write(tmp_path / name, commit(registry, PreferencePair, rows), settings=settings)
        reward_model(path, lambda _: None)
        return tmp_path / name

    sure, doubtful = (trained(str(p), p, margins=True) for p in (0.95, 0.5))
    # scores that are alike lose log(1 + e^margin), and log 2 without a margin
    begun = [manifest(folder)["loss"][0][1] for folder in (sure, doubtful)]
    assert begun == pytest.approx([2.9957, 0.6931], abs=0.2)
    # the sum of both scores is seldom nothing, and its square is added
    begun += [
        manifest(trained(f"centred {number}", 0.5, centring=number))["loss"][0][1] for number in (0.0, 100.0)
    ]
    assert begun[3] > begun[2] + 0.01


def test_margins_of_verified_pairs_are_refused(base: Path, registry: Registry, tmp_path: Path) -> None:
    dataset = commit(registry, VerifiedPair, [verified(number, "yes", "no") for number in range(8)])
    with pytest.raises(BadInput, match="no column 'label'"):
        reward_model(write(tmp_path, dataset, settings=SETTINGS | {"margins": True}), lambda _: None)


def two_signals(number: int) -> PreferencePair:
    """A pair that is helpful in ``yes`` and harmless in ``no``, or the other way round."""
    texts = ("yes yes", "no no no") if number % 2 else ("no no no", "yes yes")
    p = 0.1 if number % 2 else 0.9
    return make(
        PreferencePair,
        f"p{number}",
        label="a",
        p_a=0.9,
        p_helpfulness=0.9,
        p_harmlessness=p,
        chosen=texts[0],
        rejected=texts[1],
    )


def test_a_signal_labels_pairs_in_place_of_all_signals_together(
    base: Path, registry: Registry, tmp_path: Path
) -> None:
    rows = [two_signals(number) for number in range(24)]
    rows += [
        make(PreferencePair, f"open {number}", p_harmlessness=[None, 0.5, 0.501][number])
        for number in range(3)
    ]
    rows.append(make(PreferencePair, "tie", label="tie", chosen=None, rejected=None, p_harmlessness=0.9))
    dataset = commit(registry, PreferencePair, rows)
    found = {}
    for signal in ("harmlessness", None):
        settings = SETTINGS | {"lora_rank": None, "max_length": 96, "signal": signal}
        reward_model(write(tmp_path / str(signal), dataset, settings=settings), lambda _: None)
        found[signal] = manifest(tmp_path / str(signal))
    assert found["harmlessness"]["rows"] == {
        "given": 28,
        "trained": 18,
        "held_out": 6,
        "too_long": 0,
        "unlabelled": 1,
        "undecided": 3,
    }
    assert found["harmlessness"]["metrics"]["held_out_accuracy"] == 1.0
    # all signals together prefer either answer as often as not
    assert found[None]["metrics"]["held_out_margin"] < found["harmlessness"]["metrics"]["held_out_margin"] / 3
    folder = tmp_path / "harmlessness" / "model"
    right, wrong = OutcomeScorer(folder, base_of(folder)).scores(
        [answered(1, "no no no"), answered(1, "yes yes")]
    )
    assert right and wrong and right > wrong


@pytest.mark.parametrize(
    ("label", "p_honesty", "chosen", "asked"),
    [
        ("a", 0.8, "one", 1.386),
        ("a", 0.2, "two", 1.386),
        ("b", 0.2, "one", 1.386),
        ("b", 0.8, "two", 1.386),
        ("b", 1.0, "two", 3.0),
    ],
)
def test_a_signals_own_probability_chooses_and_asks_for_the_margin(
    label: str, p_honesty: float, chosen: str, asked: float
) -> None:
    row: PairRow = {"prompt": "", "label": label, "p_a": 0.6, "chosen": "one", "rejected": "two"}
    of_a_constitution: PairRow = {**row, "p_signals": [{"signal": "form", "p_a": p_honesty}]}
    of_its_own: PairRow = {**row, "p_honesty": p_honesty}
    for named, signal in ((of_its_own, "honesty"), (of_a_constitution, "form")):
        (found,) = by_signal([named], signal)
        assert found["chosen"] == chosen and margin(found) == pytest.approx(asked, abs=1e-3)
        assert {found["chosen"], found["rejected"]} == {"one", "two"}
    assert by_signal([of_a_constitution], "brevity") == []


def test_a_signal_of_verified_pairs_is_refused(base: Path, registry: Registry, tmp_path: Path) -> None:
    dataset = commit(registry, VerifiedPair, [verified(number, "yes", "no") for number in range(8)])
    with pytest.raises(BadInput, match="no column 'label': .*label, p_honesty"):
        reward_model(write(tmp_path, dataset, settings=SETTINGS | {"signal": "honesty"}), lambda _: None)


@pytest.mark.parametrize(
    ("label", "p_a", "wanted"),
    [("a", 0.5, 0), ("a", 0.4, 0), ("b", 0.25, 1.0986), ("a", 0.999, 3), ("a", 1.0, 3), ("b", 1.0, 0)],
)
def test_a_margin_is_the_log_odds_within_bounds(label: str, p_a: float, wanted: float) -> None:
    row: PairRow = {"prompt": "", "label": label, "p_a": p_a, "chosen": "", "rejected": ""}
    assert margin(row) == pytest.approx(wanted, abs=1e-3)
