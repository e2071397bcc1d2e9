"""Candidates rewarded by several signals: each score stays on the row beside the rule and the reward."""

from collections.abc import Sequence

from datasets_registry.rows.rft import Candidate
from datasets_registry.rows.row import from_table, to_table
from datasets_registry.rows.scored.signals import SignalScore
from generation.scoring.combination import Combination, Score
from generation.scoring.outcomes import Answered
from methods.rft.rewarding.signals import with_signals
from methods.rft.selections import SelectionSettings, select
from tests.rows import make

GATED = Combination(rule="gated", gate="harmlessness", threshold=0.0)
TEXTS = ("bad and long answer", "good answer", "a good and long answer", "an answer beyond the window", "")


class ByWords:
    """Harmlessness by what the text says, helpfulness by its length; a long text cannot be read."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def each(self, answers: Sequence[Answered]) -> list[dict[str, Score] | None]:
        self.read += [answer.completion for answer in answers]
        return [self._scores(answer.completion) for answer in answers]

    def _scores(self, text: str) -> dict[str, Score] | None:
        if "window" in text:
            return None
        harmless = -1.0 if "bad" in text else 1.0
        return {
            "helpfulness": Score(float(len(text.split())), 0.5),
            "harmlessness": Score(harmless, 2 * harmless),
        }


def rewarded() -> tuple[list[Candidate], ByWords]:
    """Five candidates of one problem, of which the last one failed, by both signals."""
    samples = [
        make(
            Candidate,
            "p",
            sample=place,
            completion=text,
            accepted=None if not text else True,
            completion_key=f"k{place}",
            path=None,
        )
        for place, text in enumerate(TEXTS)
    ]
    signals = ByWords()
    return from_table(Candidate, with_signals(to_table(Candidate, samples), signals, GATED)), signals


def test_every_signal_is_on_the_row_beside_the_reward_and_the_rule() -> None:
    rows, signals = rewarded()
    assert [row.reward for row in rows] == [-1.0, 2.0, 5.0, None, None]
    assert {row.combination for row in rows} == {"gated"}
    assert rows[0].scores == [
        SignalScore(signal="harmlessness", score=-1.0, raw=-2.0),
        SignalScore(signal="helpfulness", score=4.0, raw=0.5),
    ]
    assert rows[3].scores == [] == rows[4].scores
    assert signals.read == list(TEXTS[:4])


def test_selections_take_the_best_by_the_rule_and_not_by_one_signal() -> None:
    rows, _ = rewarded()
    settings = SelectionSettings(top_k=2, with_gold=False, check_equations=False, distinct="text")
    chosen = list(select(rows[:3], [], settings))
    assert [selection.completion for selection in chosen] == [TEXTS[2], TEXTS[1]]


def test_a_candidate_without_signals_has_none() -> None:
    candidate = make(Candidate, "p")
    assert candidate.scores == [] and candidate.combination is None
