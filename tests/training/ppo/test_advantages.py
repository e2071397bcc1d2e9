"""Advantages by hand and by a slow loop; behind a draw's end nothing counts."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from training.ppo.advantages import advantages, explained_variance, token_rewards, whitened
from training.ppo.learning import policy_loss, value_loss


def test_generalised_advantages_by_hand() -> None:
    mask = torch.ones(1, 3)
    found = advantages(torch.tensor([[0.0, 0.0, 1.0]]), torch.tensor([[0.5, 0.25, 0.75]]), mask, 0.5)
    third = 1.0 - 0.75
    second = 0.75 - 0.25 + 0.5 * third
    first = 0.25 - 0.5 + 0.5 * second
    assert found[0].tolist() == pytest.approx([first, second, third])
    whole = advantages(torch.tensor([[0.0, 0.0, 1.0]]), torch.tensor([[0.5, 0.25, 0.75]]), mask, 1.0)
    assert whole[0].tolist() == pytest.approx([0.5, 0.75, 0.25])


def slow(rewards: list[float], values: list[float], gae_lambda: float) -> list[float]:
    """Equation 16 as it is written: a sum of later errors, each weighed by a power of lambda."""
    errors = [
        reward + after - value
        for reward, value, after in zip(rewards, values, [*values[1:], 0.0], strict=True)
    ]
    return [
        math.fsum(gae_lambda**ahead * error for ahead, error in enumerate(errors[place:]))
        for place in range(len(errors))
    ]


@given(
    st.lists(
        st.lists(st.tuples(st.floats(-3, 3), st.floats(-3, 3)), min_size=1, max_size=7),
        min_size=1,
        max_size=5,
    ),
    st.floats(0, 1),
    st.floats(-100, 100),
)
def test_they_are_the_written_sum_whatever_stands_behind_the_end(
    draws: list[list[tuple[float, float]]], gae_lambda: float, rubbish: float
) -> None:
    width = max(map(len, draws)) + 1
    rewards, values, mask = (torch.full((len(draws), width), rubbish, dtype=torch.float64) for _ in range(3))
    mask.zero_()
    for row, draw in enumerate(draws):
        rewards[row, : len(draw)], values[row, : len(draw)] = torch.tensor(draw, dtype=torch.float64).T
        mask[row, : len(draw)] = 1
    found = advantages(rewards, values, mask, gae_lambda)
    for row, draw in enumerate(draws):
        wanted = slow([reward for reward, _ in draw], [value for _, value in draw], gae_lambda)
        assert found[row, : len(draw)].tolist() == pytest.approx(wanted, abs=1e-9)
        assert not found[row, len(draw) :].any()


def test_the_score_stands_at_the_last_token_of_each_draw_and_the_distance_at_every_one() -> None:
    mask = torch.tensor([[1.0, 1.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0]])
    log_ratios = torch.tensor([[0.5, -1.0, 9.0, 9.0], [0.0, 0.0, 2.0, 0.0]])
    found = token_rewards(torch.tensor([3.0, -1.0]), log_ratios, mask, 0.1)
    assert found.tolist() == [
        pytest.approx([-0.05, 3.1, 0.0, 0.0]),
        pytest.approx([0.0, 0.0, -0.2, -1.0]),
    ]


def test_whitened_advantages_have_mean_zero_and_variance_one_over_the_tokens_that_count() -> None:
    mask = torch.tensor([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0]])
    found = whitened(torch.tensor([[1.0, 2.0, 1e6], [3.0, 4.0, 5.0]]), mask)
    counted = found[mask.bool()]
    assert counted.mean().item() == pytest.approx(0, abs=1e-6)
    assert counted.var(unbiased=False).item() == pytest.approx(1, abs=1e-5)
    assert found[0, 2] == 0 and counted.tolist() == sorted(counted.tolist())
    assert not whitened(torch.ones(2, 3), mask).any()


def test_explained_variance_is_one_of_a_seer_and_zero_of_a_constant() -> None:
    mask = torch.tensor([[1.0, 1.0, 0.0]])
    returns = torch.tensor([[1.0, 3.0, 100.0]])
    assert explained_variance(returns + 7, returns, mask) == pytest.approx(1.0)
    assert explained_variance(torch.zeros(1, 3), returns, mask) == pytest.approx(0.0)
    assert explained_variance(torch.tensor([[3.0, 1.0, 0.0]]), returns, mask) == pytest.approx(-3.0)
    assert explained_variance(returns, torch.ones(1, 3), mask) == 0.0


def gradient(logps: Tensor, old: Tensor, advantage: list[list[float]], mask: Tensor) -> list[list[float]]:
    """What one token more or less of probability would do to the loss."""
    logps.requires_grad_()
    loss, _ = policy_loss(logps, old, torch.tensor(advantage), mask, 0.2)
    loss.backward()  # type: ignore[no-untyped-call]
    assert logps.grad is not None
    found: list[list[float]] = logps.grad.tolist()
    return found


def test_at_the_first_pass_the_gradient_is_that_of_plain_policy_gradients() -> None:
    old, mask = torch.tensor([[-1.0, -2.0, -3.0]]), torch.tensor([[1.0, 1.0, 0.0]])
    assert gradient(old.clone(), old, [[2.0, -0.5, 9.0]], mask) == [pytest.approx([-2.0, 0.5, 0.0])]
    loss, clipped = policy_loss(old, old, torch.tensor([[1.0, -1.0, 5.0]]), mask, 0.2)
    assert loss == 0 and clipped == 0


def test_a_token_that_moved_beyond_the_clip_moves_no_further_but_may_come_back() -> None:
    old = torch.zeros(1, 4)
    logps = torch.tensor([[0.5, -0.5, 0.5, -0.5]])
    found = gradient(logps, old, [[1.0, -1.0, -1.0, 1.0]], torch.ones(1, 4))
    assert found[0][:2] == [0.0, 0.0]
    assert found[0][2:] == pytest.approx([math.exp(0.5), -math.exp(-0.5)])
    _, clipped = policy_loss(logps, old, torch.tensor([[1.0, -1.0, -1.0, 1.0]]), torch.ones(1, 4), 0.2)
    assert clipped == 2


def test_the_value_loss_takes_the_larger_of_the_free_and_the_clipped_error() -> None:
    old, returns, mask = torch.zeros(1, 3), torch.tensor([[1.0, 1.0, 1.0]]), torch.tensor([[1.0, 1.0, 0.0]])
    values = torch.tensor([[0.1, 0.9, 50.0]], requires_grad=True)
    loss = value_loss(values, old, returns, mask, 0.2)
    assert loss.item() == pytest.approx(0.5 * (0.9**2 + 0.8**2))
    loss.backward()  # type: ignore[no-untyped-call]
    assert values.grad is not None
    assert values.grad[0].tolist() == pytest.approx([-0.9, 0.0, 0.0])
