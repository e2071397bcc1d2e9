"""Figures of how unlike texts are, against worked examples."""

import math
from itertools import combinations

import pytest

from methods.evaluation.variety import (
    VOCABULARY,
    bleu,
    distinct_share,
    entropy,
    expectation_adjusted,
    grams,
    self_bleu,
    top_share,
    vendi,
    words_of,
)


def texts(*said: str) -> list[tuple[str, ...]]:
    return [words_of(text, 40) for text in said]


def test_words_are_in_lower_case_without_punctuation_and_no_more_than_the_limit() -> None:
    assert words_of("It's “Ünder” the tree, NOW: go!", 5) == ("it's", "ünder", "the", "tree", "now")


@pytest.mark.parametrize(("n", "num_grams"), [(1, 2), (1, 5), (2, 3)])
def test_the_distinct_share_is_the_mean_over_all_ways_to_take_so_many(n: int, num_grams: int) -> None:
    said = texts("a b a b c", "a b d")
    pool = [gram for text in said for gram in grams(text, n)]
    ways = [len(set(taken)) / num_grams for taken in combinations(pool, num_grams)]
    assert distinct_share(said, n, num_grams) == pytest.approx(sum(ways) / len(ways))


def test_there_is_no_distinct_share_of_fewer_n_grams() -> None:
    assert distinct_share(texts("a b c"), 2, 3) is None


def test_n_grams_do_not_reach_from_one_text_into_the_next() -> None:
    assert distinct_share(texts("a b", "a b"), 2, 2) == pytest.approx(0.5)


def test_ead_is_distinct_n_grams_by_those_that_uniform_draws_have() -> None:
    expected = VOCABULARY * (1 - ((VOCABULARY - 1) / VOCABULARY) ** 6)
    assert expectation_adjusted(texts("a b c", "a b c"), 1) == pytest.approx(3 / expected)
    assert expectation_adjusted(texts("a"), 1) == pytest.approx(1)
    assert expectation_adjusted(texts("a"), 2) is None


@pytest.mark.parametrize(
    ("text", "references", "score"),
    # those of sacrebleu 2.6.0 with effective order, the smoothing method floor at 0.1, and no tokenizer
    [
        (
            "the cat sat on the mat",
            ["the cat is on the mat", "there is a cat on the mat"],
            0.2540663740773073,
        ),
        ("a b c d e f", ["a b c x e f g h"], 0.18204651199034358),
        ("a b", ["a b c"], 0.6065306597126336),
        ("x y z", ["a b c d"], 0.0),
        (
            "the the the the the the the",
            ["the cat is on the mat", "there is a cat on the mat"],
            0.0392814650900513,
        ),
    ],
)
def test_bleu_is_that_of_sacrebleu(text: str, references: list[str], score: float) -> None:
    assert bleu(texts(text)[0], texts(*references)) == pytest.approx(score, abs=1e-9)


def test_self_bleu_is_1_of_equal_texts_and_the_mean_over_each_by_the_others() -> None:
    assert self_bleu(texts("a b c d e", "a b c d e", "a b c d e")) == pytest.approx(1)
    said = texts("a b c d", "a b x y", "p q r s")
    by_hand = [bleu(said[0], [said[1], said[2]]), bleu(said[1], [said[0], said[2]])]
    by_hand.append(bleu(said[2], [said[0], said[1]]))
    assert self_bleu(said) == pytest.approx(sum(by_hand) / 3)
    assert self_bleu(texts("a b")) is None


def test_the_vendi_score_counts_different_texts() -> None:
    assert vendi(texts("a b c d", "a b c d", "a b c d")) == pytest.approx(1)
    assert vendi(texts("a b c", "d e f", "g h i")) == pytest.approx(3)
    assert vendi(texts("a b c", "d e f", "a b c", "d e f")) == pytest.approx(2)
    assert vendi(texts("no", "no", "yes")) == pytest.approx(3 / 2 ** (2 / 3))
    assert vendi([]) is None


def test_the_vendi_score_of_two_half_alike_texts_is_that_of_their_eigenvalues() -> None:
    # one of three 3-grams is shared, so that K / 2 has the eigenvalues (1 + 1/3) / 2 and (1 - 1/3) / 2
    shares = [2 / 3, 1 / 3]
    expected = math.exp(-sum(share * math.log(share) for share in shares))
    assert vendi(texts("a b c d", "b c d e")) == pytest.approx(expected)


def test_entropy_is_in_bits() -> None:
    assert entropy("abcdefgh") == pytest.approx(3) and entropy("aaaa") == 0 and entropy("") is None
    assert entropy("aaab") == pytest.approx(0.75 * math.log2(4 / 3) + 0.25 * 2)


def test_the_top_share_is_that_of_the_commonest_value() -> None:
    assert top_share("aab") == pytest.approx(2 / 3) and top_share("") is None
