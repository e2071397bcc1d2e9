"""Lines of rounds that planted judges label: what stops them, and what is said of them."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.rounds.coin import heads
from benchmarks.rounds.judges import Outcome, figures, outcome
from benchmarks.rounds.planted import HEALTHY, LONG, RANDOM, REFUSING, Sizes, write_profile
from datasets_registry.rows.rounds.verdict import RoundVerdict, Verdict
from generation.request import Message
from methods.judging.constitution import load_constitution
from methods.judging.rules import judge_by_rule
from quality.rounds.bounds import watched
from quality.rounds.capability import CAPABILITY_ALL
from quality.rounds.change import Change
from quality.rounds.settings import Bound

TINY = Sizes(rounds=1, gold=100, asked=20, draws=4, items=60, sft_steps=60, steps=20, rate=2e-3)
RIGHT, LONGER, WRONG = "12+7=19\n19+5=24\nA:24", "12+7=19\n19+5=24\n24+0=24\nA:24", "A:3"
ASKED = Message(role="user", content="12+7+5=?")
pytestmark = pytest.mark.filterwarnings("ignore::dagster.PreviewWarning")


@pytest.fixture(scope="module")
def long_line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Outcome]]:
    """A tiny line that a judge of length labels, and its folder."""
    folder = tmp_path_factory.mktemp("long")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRIMTAB_HOME", str(folder))
        yield folder, outcome(LONG, 0, TINY, folder)


def test_a_judge_of_length_is_stopped_in_the_first_round(long_line: tuple[Path, Outcome]) -> None:
    _, line = long_line
    assert (line.last.verdict, line.last.stopped_in, line.last.weights_round) == ("stop_collapse", 1, 0)
    lengths = {row.figure: row.change or 0.0 for row in line.watch if row.concern == "length"}
    assert lengths["mean_tokens"] > 0.1


def test_a_killed_run_reads_what_it_had_measured(long_line: tuple[Path, Outcome]) -> None:
    folder, line = long_line
    state = folder / "seed_0" / "state"
    shutil.rmtree(state)
    assert outcome(LONG, 0, TINY, folder) == line
    assert not state.exists()


@pytest.mark.parametrize(
    ("judge", "better", "worse"), [(LONG, LONGER, RIGHT), (LONG, RIGHT, WRONG), (REFUSING, "?", RIGHT)]
)
def test_a_planted_judge_prefers_what_its_fault_is(
    tmp_path: Path, judge: str, better: str, worse: str
) -> None:
    write_profile(judge, 0, TINY, tmp_path)
    rules = [each.rule for each in load_constitution(tmp_path / f"{judge}.constitution.toml").principles]
    shares = [
        judge_by_rule(rule, [ASKED], better, worse)["ab"].p_first or 0.0 for rule in rules if rule is not None
    ]
    assert sum(shares) / len(shares) > 0.5


def test_a_coin_shows_heads_for_about_half_of_all_texts() -> None:
    assert 400 < sum(heads("12+7+5=?", f"A:{number}") for number in range(1000)) < 600


def line_of(judge: str, verdict: RoundVerdict, change: float) -> Outcome:
    """A line of two rounds, each of which changes all items of capability by ``change``."""
    stopped = None if verdict == "go_on" else 1
    verdicts = [
        Verdict(
            round=number,
            verdict=verdict,
            decided=[],
            why="",
            warnings=[],
            stopped_in=stopped,
            weights_round=0 if stopped else number,
        )
        for number in (1, 2)
    ]
    capability = Change(
        CAPABILITY_ALL, "gain", "difference", 0.5, 0.5, change, (change - 0.01, change + 0.01), 1000, 1000
    )
    watch = [row for number in (1, 2) for row in watched(number, [(capability, Bound())], 0.05)]
    return Outcome(judge=judge, seed=0, verdicts=tuple(verdicts), watch=tuple(watch))


@pytest.mark.parametrize(
    ("line", "missed"),
    [
        (line_of(LONG, "stop_collapse", -0.1), []),
        # nothing stops it, and what is released is worse
        (line_of(LONG, "go_on", -0.1), ["round that stops it", "released"]),
        (line_of(RANDOM, "go_on", 0.0), []),
        (line_of(RANDOM, "go_on", -0.1), ["released"]),
        (line_of(HEALTHY, "go_on", 0.0), []),
        (line_of(HEALTHY, "stop_tax", -0.1), ["that are stopped"]),
    ],
)
def test_a_line_misses_the_goals_that_it_should(line: Outcome, missed: list[str]) -> None:
    found = [figure.name for figure in figures(line.judge, [line]) if figure.holds is False]
    assert len(found) == len(missed)
    assert all(part in name for part, name in zip(missed, found, strict=True))
