"""Whole numbers of rows by shares."""

from hypothesis import given
from hypothesis import strategies as st

from methods.mixtures.shares import largest_total, quotas

WEIGHTS = st.dictionaries(st.sampled_from("abcde"), st.integers(1, 50), min_size=2)


def test_the_largest_remainders_get_the_rows_that_are_left() -> None:
    # exact: 4.5, 3.3 and 1.2 of 9
    shares = {"a": 0.5, "b": 11 / 30, "c": 4 / 30}
    assert quotas(shares, 9) == {"a": 5, "b": 3, "c": 1}
    assert quotas({"a": 0.7, "b": 0.3}, 10) == {"a": 7, "b": 3}
    # both have half a row left: by name
    assert quotas({"b": 0.5, "a": 0.5}, 3) == {"a": 2, "b": 1}


@given(weights=WEIGHTS, total=st.integers(0, 500))
def test_quotas_sum_to_the_total_and_are_within_one_row_of_the_share(
    weights: dict[str, int], total: int
) -> None:
    shares = {source: weight / sum(weights.values()) for source, weight in weights.items()}
    counts = quotas(shares, total)
    assert sum(counts.values()) == total and counts.keys() == shares.keys()
    assert all(abs(counts[source] - total * share) < 1 + 1e-9 for source, share in shares.items())


@given(weights=WEIGHTS, sizes=st.lists(st.integers(0, 60), min_size=5, max_size=5))
def test_the_largest_total_fits_and_the_next_does_not(weights: dict[str, int], sizes: list[int]) -> None:
    shares = {source: weight / sum(weights.values()) for source, weight in weights.items()}
    available = dict(zip("abcde", sizes, strict=True))

    def fits(total: int) -> bool:
        return all(count <= available[source] for source, count in quotas(shares, total).items())

    total = largest_total(shares, available)
    assert fits(total) and not any(map(fits, range(total + 1, total + 400)))
