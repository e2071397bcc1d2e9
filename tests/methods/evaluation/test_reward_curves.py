"""Curves of planted rewards along best-of-n and along rounds come out as arithmetic says."""

import math
from collections.abc import Callable, Sequence
from itertools import combinations

import pytest

from methods.evaluation.measures import Measure
from methods.evaluation.reward_curves import (
    RISES_AND_FALLS,
    Rewarded,
    along_best_of,
    along_rounds,
    best_of_divergence,
    expected_of_best,
    rank_correlation,
)
from tests.methods.evaluation.planted import value, values

SAMPLES, NUMBERS = 16, (1, 2, 4, 8)
SD = math.sqrt(68 / 3)


def planted(held_out: Callable[[int], float], num_prompts: int = 5) -> list[Rewarded]:
    """Answers whose proxy is 0, 1, 2 and so on."""
    return [
        Rewarded(f"prompt {prompt}", f"prompt {prompt}", float(rank), held_out(rank))
        for prompt in range(num_prompts)
        for rank in range(SAMPLES)
    ]


def curve(rewarded: Sequence[Rewarded]) -> dict[str, Measure]:
    return {measure.metric: measure for measure in along_best_of(rewarded, NUMBERS)}


def greatest(n: int) -> float:
    """The greatest of n of 0 to 15, expected."""
    return n * (SAMPLES + 1) / (n + 1) - 1


@pytest.mark.parametrize("n", [1, 2, 3, 5])
@pytest.mark.parametrize("proxies", [[3.0, 1.0, 2.0, 5.0, 4.0], [1.0, 1.0, 2.0, 2.0, 2.0], [0.0] * 5])
def test_the_best_of_n_is_that_of_all_subsets_and_any_of_equals(proxies: list[float], n: int) -> None:
    gold = [7.0, -1.0, 4.0, 0.5, 2.0]
    subsets = []
    for subset in combinations(range(5), n):
        best = max(proxies[place] for place in subset)
        tied = [gold[place] for place in subset if proxies[place] == best]
        subsets.append(sum(tied) / len(tied))
    assert expected_of_best(proxies, gold, n) == pytest.approx(sum(subsets) / len(subsets))


def test_the_divergence_of_best_of_n_is_log_n_less_n_minus_1_by_n() -> None:
    assert best_of_divergence(1) == 0 and best_of_divergence(8) == pytest.approx(math.log(8) - 7 / 8)
    found = curve(planted(float))
    assert value(found["kl_best_of_4"]) == pytest.approx(math.log(4) - 3 / 4)
    assert found["kl_best_of_4"].exact is not None


def test_a_held_out_reward_that_agrees_rises_as_the_proxy_does() -> None:
    found = curve(planted(float))
    for n in NUMBERS:
        assert value(found[f"proxy_best_of_{n}"]) == pytest.approx(greatest(n))
        assert value(found[f"held_out_best_of_{n}"]) == pytest.approx(greatest(n))
    assert value(found["gap_best_of_8"]) == pytest.approx(0) and value(found["held_out_peaks_at"]) == 8
    assert value(found["held_out_change_best_of_8"]) == pytest.approx(greatest(8) - greatest(4))
    assert not any(measure.note for measure in found.values())
    assert value(rank_correlation(planted(float))) == pytest.approx(1)


def test_a_held_out_reward_that_is_the_opposite_falls_from_the_first_and_says_so() -> None:
    rewarded = planted(lambda rank: -2.0 * rank)
    found = curve(rewarded)
    assert value(found["gap_best_of_4"]) == pytest.approx(2 * (greatest(4) - greatest(1)) / SD)
    assert value(found["held_out_peaks_at"]) == 1 and value(rank_correlation(rewarded)) == pytest.approx(-1)
    assert found["held_out_change_best_of_2"].note == RISES_AND_FALLS


def test_a_held_out_reward_that_turns_peaks_where_it_turns() -> None:
    found = curve(planted(lambda rank: -float((rank - 11) ** 2)))
    by_hand = {
        n: sum(-((max(subset) - 11) ** 2) for subset in combinations(range(SAMPLES), n))
        / math.comb(SAMPLES, n)
        for n in NUMBERS
    }
    for n in NUMBERS:
        assert value(found[f"held_out_best_of_{n}"]) == pytest.approx(by_hand[n])
    assert value(found["held_out_peaks_at"]) == 4 == max(by_hand, key=lambda n: by_hand[n])
    notes = [found[f"held_out_change_best_of_{n}"].note for n in NUMBERS[1:]]
    assert notes == [None, None, RISES_AND_FALLS]


def test_a_held_out_reward_that_never_varies_has_no_unit_and_no_ranks() -> None:
    found = curve(planted(lambda rank: 5.0))
    assert "gains cannot be scaled" in (found["gap_best_of_2"].note or "")
    assert value(found["held_out_peaks_at"]) == 1
    correlation = rank_correlation(planted(lambda rank: 5.0))
    assert correlation.note == "nothing to measure" and correlation.num_missing == 5


def test_equal_rewards_share_their_rank() -> None:
    """Ranks 0.5, 0.5, 2 against 0, 1.5, 1.5 by hand: 0.75 / 1.5."""
    given = [(1.0, 1.0), (1.0, 2.0), (2.0, 2.0)]
    rewarded = [Rewarded("a", "a", *both) for both in given]
    assert value(rank_correlation(rewarded)) == pytest.approx(0.5)


def test_a_prompt_with_fewer_answers_than_the_greatest_n_is_left_out_of_every_step() -> None:
    short = [Rewarded("short", "short", 100.0, 100.0)] * 7
    found = curve([*planted(float), *short])
    assert {found[f"proxy_best_of_{n}"].num_items for n in NUMBERS} == {5}
    assert value(found["proxy_best_of_1"]) == pytest.approx(7.5)


def test_along_rounds_the_same_prompts_are_compared_and_a_fall_is_named() -> None:
    def of_round(proxy: float, held_out: float, prompts: Sequence[str]) -> list[Rewarded]:
        return [
            Rewarded(prompt, prompt, proxy + noise, held_out + 2 * noise)
            for prompt in prompts
            for noise in (-1, 1)
        ]

    measures = list(
        along_rounds(
            {
                0: of_round(0.0, 5.0, "abc"),
                1: of_round(1.0, 6.0, "ab"),
                2: of_round(3.0, 4.0, "abcd"),
            }
        )
    )
    found, by_metric = values(measures), {measure.metric: measure for measure in measures}
    assert [found[f"held_out_round_{number}"] for number in range(3)] == pytest.approx([5, 6, 4])
    assert by_metric["proxy_round_2"].clusters == ("a", "b") and found["held_out_peaks_at"] == 1
    # standard deviations of √2 and 2√2
    assert found["gap_round_2"] == pytest.approx(3 / math.sqrt(2) + 1 / math.sqrt(8))
    assert by_metric["held_out_change_round_1"].note is None
    assert by_metric["held_out_change_round_2"].note == RISES_AND_FALLS


def test_no_rounds_have_no_figures() -> None:
    assert list(along_rounds({})) == []
