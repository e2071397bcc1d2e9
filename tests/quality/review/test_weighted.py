"""The doubly robust form: right whatever a prediction is worth, and narrower where it is worth much."""

import random

import pytest

from quality.review.weighted import Reviewed, Share, doubly_robust, weighted_share


def estimated(informative: bool, seed: int) -> tuple[Share, Share]:
    """The doubly robust and the plain estimate of 100 reviews of 2,000 pairs, of which 0.7 are right."""
    draw = random.Random(seed)
    truth = [float(draw.random() < 0.7) for _ in range(2000)]
    predicted = [0.1 + 0.8 * right if informative else draw.random() for right in truth]
    chosen = draw.sample(range(2000), 100)
    reviewed = [Reviewed(truth[pair], predicted[pair], 20.0) for pair in chosen]
    robust = doubly_robust(predicted, reviewed)
    plain = weighted_share([truth[pair] for pair in chosen], [20.0] * 100)
    assert robust and plain
    return robust, plain


@pytest.mark.parametrize("informative", [True, False])
def test_the_doubly_robust_form_is_right_on_average(informative: bool) -> None:
    shares = [estimated(informative, seed)[0] for seed in range(100)]
    assert sum(share.value for share in shares) / 100 == pytest.approx(0.7, abs=0.015)
    assert sum(share.low <= 0.7 <= share.high for share in shares) >= 88


def test_a_prediction_that_tells_something_makes_it_narrower_and_a_worthless_one_not_wider() -> None:
    for informative, most in ((True, 0.6), (False, 1.1)):
        widths = [[share.high - share.low for share in estimated(informative, seed)] for seed in range(20)]
        assert sum(robust for robust, _ in widths) < most * sum(plain for _, plain in widths)


def test_few_reviews_give_no_estimate_and_agreement_of_all_an_interval() -> None:
    assert doubly_robust([0.9], [Reviewed(1.0, 0.9, 1.0)]) is None and weighted_share([], []) is None
    everywhere = doubly_robust([0.9] * 50, [Reviewed(1.0, 0.9, 5.0)] * 10)
    assert everywhere and everywhere.value == 1 and 0.5 < everywhere.low < 0.8
