"""A judge on a loopback dialect is measured by what the server was asked and what was read of it."""

import pytest

from benchmarks.judges.dialects import WAYS, judged
from generation.loopback.dialects import CLAUDE, GPT5, Dialect


@pytest.mark.parametrize(
    ("dialect", "way", "serves"),
    [(GPT5, "samples", True), (CLAUDE, "text", True), (CLAUDE, "schema", False)],
    ids=lambda given: str(getattr(given, "name", given)),
)
def test_every_verdict_is_read_for_one_call_or_none_is_guessed(
    dialect: Dialect, way: str, serves: bool
) -> None:
    figures = list(judged(dialect, way, WAYS[way], serves, 2))
    assert len(figures) == (4 if serves else 1)
    # the first call says hello, which is much beside so few
    assert [figure.name for figure in figures if not figure.holds] in (
        [],
        [f"{dialect.name}, {way}: cost / least possible"],
    )


def test_a_way_that_a_dialect_does_not_serve_misses_its_goals() -> None:
    figures = judged(GPT5, "text", WAYS["text"], True, 2)
    assert [figure.holds for figure in figures][:3] == [False, False, False]
