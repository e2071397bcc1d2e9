"""Scorers read whole texts: the same score whoever shares the batch, and at the right tokens."""

from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, models
from transformers import (
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    AutoTokenizer,
    PreTrainedTokenizerFast,
)

from datasets_registry.errors import BadInput
from generation.chat import Unrenderable
from generation.models.folder import fingerprint
from generation.request import Message
from generation.scoring.outcomes import Answered, OutcomeScorer, answer_ids, set_padding_apart
from generation.scoring.steps import Stepped, StepScorer, step_tokens
from tests.generation.scoring.headed import headed

ASKED = (Message(role="user", content="Which response is better?"),)
TEXTS = ["yes", "The answer is 12. " * 6, "B", "no 🌍 no", "yes", "A B " * 20]


@pytest.fixture(scope="module")
def outcome(opinionated_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained outcome reward model."""
    target = tmp_path_factory.mktemp("models") / "outcome"
    return headed(opinionated_model, target, AutoModelForSequenceClassification, 1)


@pytest.fixture(scope="module")
def process(opinionated_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained process reward model."""
    target = tmp_path_factory.mktemp("models") / "process"
    return headed(opinionated_model, target, AutoModelForTokenClassification, 2)


def test_an_answers_score_does_not_depend_on_the_batch(outcome: Path) -> None:
    answers = [Answered(ASKED, text) for text in TEXTS]
    together = OutcomeScorer(outcome, batch_size=8).scores(answers)
    alone = [OutcomeScorer(outcome, batch_size=1).scores([answer])[0] for answer in answers]
    assert together == pytest.approx(alone, abs=1e-4)
    assert (
        together[0] == together[4] and len({round(float(completion or 0), 3) for completion in together}) == 5
    )


def test_an_answers_score_stands_at_the_last_token_of_its_ended_turn(outcome: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(outcome)
    model = AutoModelForSequenceClassification.from_pretrained(outcome).eval()
    ids = answer_ids(tokenizer, Answered(ASKED, "yes"))
    assert tokenizer.decode(ids).endswith("assistant\nyes<|im_end|>\n")
    with torch.inference_mode():
        hidden = model.model(torch.tensor([ids])).last_hidden_state[0, -1]
        expected = float(model.score(hidden))
    assert OutcomeScorer(outcome).scores([Answered(ASKED, "yes")]) == pytest.approx([expected], abs=1e-5)
    # the opinion hangs on the answer's words, not on the turn's end alone
    assert OutcomeScorer(outcome).scores([Answered(ASKED, "no")])[0] != pytest.approx(expected, abs=1e-3)


def test_steps_scores_do_not_depend_on_the_batch_nor_on_later_steps(process: Path) -> None:
    solutions = [Stepped(ASKED, tuple(TEXTS[:number]), "\n") for number in range(1, len(TEXTS) + 1)]
    together = StepScorer(process, batch_size=8).scores(solutions)
    alone = [StepScorer(process, batch_size=1).scores([solution])[0] for solution in solutions]
    longest = together[-1]
    assert longest is not None and len({round(prompt, 3) for prompt in longest}) == len(TEXTS)
    for found, expected in zip(together, alone, strict=True):
        assert found is not None and expected is not None
        assert found == pytest.approx(expected, abs=1e-4)
        assert found == pytest.approx(longest[: len(found)], abs=1e-4)


def test_texts_beyond_the_window_have_no_score(outcome: Path, process: Path) -> None:
    long = "A B " * 300
    assert OutcomeScorer(outcome).scores([Answered(ASKED, long)]) == [None]
    found = StepScorer(process).scores([Stepped(ASKED, (long,), "\n"), Stepped(ASKED, ("A",), "\n")])
    assert found[0] is None and found[1] is not None


def test_a_conversation_that_the_model_cannot_read_has_no_score_and_the_rest_goes_on(
    outcome: Path, process: Path
) -> None:
    thinking = (*ASKED, Message(role="assistant", content="A", reasoning="Hm."), *ASKED)
    odd, plain = Answered(thinking, "yes"), Answered(ASKED, "yes")
    assert [score is None for score in OutcomeScorer(outcome).scores([odd, plain])] == [True, False]
    begun, whole = Stepped(thinking, ("A",), "\n"), Stepped(ASKED, ("A",), "\n")
    assert [score is None for score in StepScorer(process).scores([begun, whole])] == [True, False]
    with pytest.raises(Unrenderable, match="leaves out reasoning of message 2"):
        OutcomeScorer(outcome).scores([odd])


def test_nothing_asked_is_nothing_scored_and_a_closed_scorer_opens_again(
    outcome: Path, process: Path
) -> None:
    scorer = OutcomeScorer(outcome)
    assert scorer.scores([]) == [] and StepScorer(process).scores([]) == []
    before = scorer.scores([Answered(ASKED, "yes")])
    scorer.close()
    scorer.close()
    assert scorer.scores([Answered(ASKED, "yes")]) == before
    assert scorer.fingerprint == fingerprint(outcome)


def test_other_models_are_refused(tiny_model: Path, outcome: Path, process: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="LlamaForCausalLM.*training.reward_model"):
        OutcomeScorer(tiny_model)
    with pytest.raises(BadInput, match="not a model for SequenceClassification"):
        OutcomeScorer(process)
    with pytest.raises(BadInput, match="not a model for TokenClassification with 2"):
        StepScorer(outcome)
    with pytest.raises(BadInput, match="has no config.json"):
        StepScorer(tmp_path)


@pytest.mark.parametrize("separator", ["\n", "\n\n", " ", ""])
def test_a_step_ends_at_the_token_that_completes_its_last_character(tiny_model: Path, separator: str) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    steps = ("Response A: yes.", "caf\u00e9 q🌍", "<|im_end|>", " 12", "x\u200b")
    found = step_tokens(tokenizer, Stepped(ASKED, steps, separator))
    assert found.distinct and len(found.ends) == len(steps)
    said = "<|im_start|>user\nWhich response is better?<|im_end|>\n<|im_start|>assistant\n"
    for end, step in zip(found.ends, steps, strict=True):
        said += step.replace("<|", "<\u200b|")
        assert tokenizer.decode(found.ids[: end + 1]).startswith(said)
        assert not tokenizer.decode(found.ids[:end]).startswith(said)
        said += separator


def merging() -> Any:
    """A tokenizer with one token for a full stop and the line break after it."""
    characters = {text: place for place, text in enumerate("ab.\n>")}
    tokenizer = Tokenizer(models.BPE(vocab={**characters, ".\n": 5}, merges=[(".", "\n")]))
    template = "{% for message in messages %}>{{ message['content'] }}{% endfor %}"
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=">", chat_template=template)


def test_a_token_may_reach_into_the_separator_and_is_the_same_for_a_last_step() -> None:
    tokenizer = merging()
    asked = (Message(role="user", content="a"),)
    both = step_tokens(tokenizer, Stepped(asked, ("a.", "b."), "\n"))
    assert [tokenizer.decode([both.ids[end]]) for end in both.ends] == [".\n", ".\n"]
    first = step_tokens(tokenizer, Stepped(asked, ("a.",), "\n"))
    assert first.ids == both.ids[: len(first.ids)] and first.ends == both.ends[:1]


def test_steps_that_end_within_one_token_are_known(tiny_model: Path) -> None:
    asked = (Message(role="user", content="a"),)
    assert not step_tokens(merging(), Stepped(asked, (".", "\n"), "")).distinct
    with pytest.raises(BadInput, match="without steps has nothing to score"):
        step_tokens(merging(), Stepped(asked, (), "\n"))


def test_padding_apart_leaves_a_token_of_its_own_alone(tiny_model: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    set_padding_apart(tokenizer)
    assert tokenizer.pad_token == "<|im_start|>"
    set_padding_apart(tokenizer)
    assert tokenizer.pad_token == "<|im_start|>"
    with pytest.raises(BadInput, match="has no other special token to pad with"):
        set_padding_apart(merging())
