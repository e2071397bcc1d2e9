"""What is planted in a debater or a judge is found out by name; where it is not planted, it is not."""

import pytest

from benchmarks.oversight.planted import PLANTED, Pair, figures, report

SOUND = PLANTED[0]


@pytest.mark.parametrize("pair", [PLANTED[2], PLANTED[4], PLANTED[6]], ids=lambda pair: pair.name)
def test_what_is_planted_is_found_out_by_name_and_nothing_else(pair: Pair) -> None:
    assert [figure.name for figure in figures(pair, report(pair)) if figure.holds is False] == []


def test_a_sound_pair_is_not_what_was_planted() -> None:
    rows = report(SOUND)
    for pair in PLANTED:
        expected = Pair(SOUND.debater, SOUND.judge, pair.found_by, pair.accuracy)
        missed = [figure for figure in figures(expected, rows) if figure.holds is False]
        assert bool(missed) == bool(pair.found_by)
