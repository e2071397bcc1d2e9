"""Samples as PPO reads them: padding counts nowhere, even where it is also the end of a turn."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer

from datasets_registry.hashing import digest
from generation.request import SamplingParams
from tests.tiny_model import ENDING, write_ending_model
from training.ppo.advantages import token_rewards
from training.ppo.models import values
from training.ppo.samples import fuse_head, log_probabilities, sample, side_by_side

PROMPTS = [[5, 6, 7, 8, 9], [5, 6], [9, 1, 1, 4]]
COMPLETIONS = [[10, 1], [11, 12, 13, 1], [14]]
END = 1
TEMPERATURE = 0.7
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def policy(opinionated_model: Path) -> Any:
    """A tiny policy whose padding is the end of a turn."""
    tokenizer = AutoTokenizer.from_pretrained(opinionated_model)
    assert tokenizer.pad_token_id == tokenizer.eos_token_id == END
    model = AutoModelForCausalLM.from_pretrained(opinionated_model).eval()
    fuse_head(model, TEMPERATURE)
    return model


@pytest.fixture(scope="module")
def critic(opinionated_model: Path) -> Any:
    """The same with a head of one output."""
    torch.manual_seed(0)
    return AutoModelForSequenceClassification.from_pretrained(opinionated_model, num_labels=1).eval()


@pytest.fixture(scope="module")
def ending(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, Any]]:
    """A model that ends its turn after ``q``, and its tokenizer."""
    folder = write_ending_model(tmp_path_factory.mktemp("models") / "ending")
    yield AutoModelForCausalLM.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)


@torch.no_grad()
def test_log_probabilities_of_a_padded_batch_are_those_of_each_sample_alone(policy: Any) -> None:
    together, entropies = log_probabilities(policy, side_by_side(PROMPTS, COMPLETIONS, END, CPU))
    for row, (prompt, completion) in enumerate(zip(PROMPTS, COMPLETIONS, strict=True)):
        logps = (policy(torch.tensor([prompt + completion])).logits[0] / TEMPERATURE).log_softmax(-1)
        spread = logps[len(prompt) - 1 : -1]
        wanted = spread.gather(1, torch.tensor(completion)[:, None])[:, 0]
        assert together[row, : len(completion)].tolist() == pytest.approx(wanted.tolist(), abs=1e-5)
        entropy = -(spread.exp() * spread).sum(-1)
        assert entropies[row, : len(completion)].tolist() == pytest.approx(entropy.tolist(), abs=1e-5)


@torch.no_grad()
def test_a_value_stands_before_its_token_and_the_first_one_is_the_prompts(critic: Any) -> None:
    together = values(critic, side_by_side(PROMPTS, COMPLETIONS, END, CPU))
    assert together.shape == (3, 4)
    for row, (prompt, completion) in enumerate(zip(PROMPTS, COMPLETIONS, strict=True)):
        for place in range(len(completion)):
            alone = critic.model(torch.tensor([prompt + completion[:place]])).last_hidden_state
            assert together[row, place].item() == pytest.approx(critic.score(alone[0, -1]).item(), abs=1e-5)


@torch.no_grad()
def test_what_pads_changes_nothing(policy: Any, critic: Any) -> None:
    padded, repadded = (side_by_side(PROMPTS, COMPLETIONS, pad, CPU) for pad in (END, 200))
    mask = padded.mask.bool()
    both = [(log_probabilities(policy, some)[0], values(critic, some)) for some in (padded, repadded)]
    for looked, again in zip(*both, strict=True):
        assert torch.allclose(looked[mask], again[mask], atol=1e-6)


def test_an_end_that_was_sampled_counts_and_padding_of_the_same_token_does_not() -> None:
    samples = side_by_side(PROMPTS, COMPLETIONS, END, CPU)
    assert samples.input_ids.tolist() == [
        [5, 6, 7, 8, 9, 10, 1, 1, 1],
        [1, 1, 1, 5, 6, 11, 12, 13, 1],
        [1, 9, 1, 1, 4, 14, 1, 1, 1],
    ]
    assert samples.mask.tolist() == [[1, 1, 0, 0], [1, 1, 1, 1], [1, 0, 0, 0]]
    positions = samples.inputs["position_ids"]
    assert isinstance(positions, torch.Tensor)
    assert positions[1].tolist() == [0, 0, 0, 0, 1, 2, 3, 4, 5]
    rewards = token_rewards(torch.tensor([1.0, 2.0, 3.0]), torch.ones(3, 4), samples.mask, 0.0)
    # the end of a turn twice, and the last token of a sample that was cut
    assert rewards.tolist() == [[0, 1, 0, 0], [0, 0, 0, 2], [3, 0, 0, 0]]


def test_a_gradient_reaches_every_row_of_a_padded_batch(policy: Any) -> None:
    samples = side_by_side(PROMPTS, COMPLETIONS, END, CPU)
    logps, _ = log_probabilities(policy, samples)
    loss = (logps * samples.mask).sum()
    torch.autograd.backward(loss)
    gradients = [weight.grad for weight in policy.parameters()]
    policy.zero_grad()
    assert all(
        gradient is not None and gradient.isfinite().all() and gradient.any() for gradient in gradients
    )


def test_a_sample_goes_up_to_its_end_and_its_noise_is_its_own(ending: tuple[Any, Any]) -> None:
    model, tokenizer = ending
    prompts = [tokenizer(text)["input_ids"] for text in ("q", "is better? A", "q", "which")]
    params = SamplingParams(max_tokens=9)
    keys = [digest(number) for number in range(4)]
    end = tokenizer.eos_token_id
    found = sample(model, prompts, params, keys, {end})
    said = tokenizer(ENDING[1:])["input_ids"]
    assert found[0] == found[2] == [*said, end]
    assert len(found[1]) == len(found[3]) == 9 and end not in found[1] + found[3]
    assert [
        sample(model, [prompt], params, [key], {end})[0] for prompt, key in zip(prompts, keys, strict=True)
    ] == found
    other = sample(model, [prompts[1]] * 2, params, [keys[1], digest("another")], {end})
    assert other[0] == found[1] and other[1] != found[1]
