"""What is planted in a debater or a judge shows by name; where it is not planted, it does not."""

from benchmarks.oversight.planted import PLANTED, debated, planted, shown
from benchmarks.oversight.roles import passage_questions

SOUND = PLANTED["nothing planted"]


def test_every_planted_debater_and_judge_shows_by_name() -> None:
    figures = [figure for figure in planted(quick=True) if figure.goal]
    assert {figure.name.partition(":")[0] for figure in figures} == set(PLANTED)
    assert [figure.name for figure in figures if not figure.holds] == []


def test_a_sound_debater_and_judge_show_nothing_that_is_planted() -> None:
    measured = shown(debated("sound", SOUND, passage_questions(12)))
    for name, pair in PLANTED.items():
        differs = {figure for figure, value in pair.shows.items() if measured[figure] != value}
        # a lie with confidence is heard only by a judge who believes it
        assert bool(differs) == (name not in ("nothing planted", "lies with confidence")), (name, differs)
