"""Candidates: every sample kept with its verdict, stopped by rule, the same in any order and batch."""

import random
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import pytest

from datasets_registry.rows.rft import Candidate
from generation.completer import Completer
from generation.ledger.ledger import Ledger
from generation.request import Completion, Request
from generation.scoring.outcomes import Answered
from generation.scripted import ScriptedBackend, chosen, completing
from methods.judging.score import ScoreSettings
from methods.rft import sampling as module
from methods.rft.candidates import CandidateSettings
from methods.rft.rewards import by_judge, by_reward_model
from methods.rft.sampling import sample_candidates
from methods.rft.stopping import StoppingRule
from tests.methods.solving import same_last_line, solving, sums

FIXED = CandidateSettings(rule=StoppingRule(max_draws=8))
MIXED = CandidateSettings(rule=StoppingRule(until="mixed", max_draws=12))


def sampled(number: int, settings: CandidateSettings, rate: float = 0.5) -> list[Candidate]:
    """The samples for ``number`` sums."""
    complete = completing(solving(rate))
    return list(sample_candidates(sums(number), complete, "m", "lab_policy", same_last_line, settings))


def test_every_sample_is_a_row_with_its_verdict() -> None:
    rows = sampled(20, FIXED)
    assert len(rows) == 160 and {row.stop for row in rows} == {"all_drawn"}
    for row in rows:
        assert row.accepted == (row.extracted == row.answer)
        assert (row.reason is None) == row.accepted and row.reward == float(row.accepted or 0)
        assert row.path == "|".join(row.completion.splitlines()[:2])
        assert row.propensity == 1 and row.pass_rate == row.num_accepted / 8


def test_mixed_problems_stop_once_both_are_there() -> None:
    of: defaultdict[str, list[Candidate]] = defaultdict(list)
    for row in sampled(60, MIXED, rate=0.3):
        of[row.problem_id].append(row)
    for rows in of.values():
        accepted = sum(bool(row.accepted) for row in rows)
        assert {(row.num_draws, row.num_accepted) for row in rows} == {(len(rows), accepted)}
        both = 0 < accepted < len(rows)
        assert rows[0].stop == ("mixed" if both else "exhausted")
        assert both or len(rows) == 12
        assert rows[0].propensity is not None and 0 < rows[0].propensity < 1
    assert sum(map(len, of.values())) < 60 * 12 / 2


def test_order_and_window_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    problems, turn = sums(30), random.Random(0)
    expected = {row.completion_key: row for row in sampled(30, MIXED)}
    monkeypatch.setattr(module, "WINDOW", 7)
    turn.shuffle(problems)
    rows = sample_candidates(problems, completing(solving(0.5)), "m", "lab_policy", same_last_line, MIXED)
    assert {row.completion_key: row for row in rows} == expected


def test_a_failed_or_cut_sample_is_a_row_and_no_label() -> None:
    def script(request: Request) -> Completion:
        if request.sample == 0:
            return Completion(finish_reason="error", error="server down")
        return Completion(text=solving(1.0)(request), finish_reason="length", num_completion_tokens=9)

    settings = CandidateSettings(rule=StoppingRule(max_draws=2))
    rows = list(sample_candidates(sums(3), completing(script), "m", "p", same_last_line, settings))
    assert [(row.accepted, row.reason, row.reward) for row in rows] == [
        (None, "error: server down", None),
        (False, "truncated", 0.0),
    ] * 3
    assert {row.num_accepted for row in rows} == {0}
    assert [row.num_tokens for row in rows] == [0, 9] * 3


def test_only_paths_of_accepted_samples_count_as_distinct() -> None:
    def script(request: Request) -> str:
        numbers = request.messages[-1].content.removesuffix("=?").split("+")
        wrong = request.sample == 1
        first, last = numbers[0], "+".join(numbers[1:])
        total = sum(map(int, numbers)) + wrong
        return (
            f"{first}+{last}={total}\nA:{total}"
            if request.sample < 2
            else f"{last}+{first}={total}\nA:{total}"
        )

    settings = CandidateSettings(rule=StoppingRule(until="distinct", goal=2, max_draws=6, chunks=(1,)))
    rows = list(sample_candidates(sums(3), completing(script), "m", "p", same_last_line, settings))
    assert [row.accepted for row in rows] == [True, False, True] * 3
    assert {row.stop for row in rows} == {"distinct"}


def test_unsolved_problems_are_asked_with_their_answer() -> None:
    def script(request: Request) -> str:
        question = request.messages[-1].content
        return (
            f"1+1=2\nA:{question.split('The answer is ')[1].split('.')[0]}"
            if "The answer" in question
            else "A:0"
        )

    settings = CandidateSettings(rule=StoppingRule(max_draws=2), num_rationalisations=3)
    rows = list(sample_candidates(sums(4), completing(script), "m", "p", same_last_line, settings))
    hinted = [row for row in rows if row.hinted]
    assert len(rows) == 4 * 5 and len(hinted) == 12 and all(row.accepted for row in hinted)
    assert all("The answer" not in row.prompt for row in hinted)
    assert {(row.num_draws, row.stop) for row in hinted} == {(3, "all_drawn")}


def test_a_hint_that_does_not_help_is_given_once() -> None:
    settings = CandidateSettings(rule=StoppingRule(max_draws=2), num_rationalisations=3)
    rows = list(sample_candidates(sums(4), completing(lambda _: "A:0"), "m", "p", same_last_line, settings))
    assert [row.hinted for row in sorted(rows, key=lambda row: row.hinted)] == [False] * 8 + [True] * 12


def test_a_run_that_was_stopped_asks_only_for_the_rest(tmp_path: Path) -> None:
    def complete(limit: int | None = None) -> tuple[ScriptedBackend, Completer]:
        backend = ScriptedBackend(solving(0.5))
        if limit is not None:
            whole = backend.complete
            backend.complete = lambda requests: whole(requests[:limit])  # type: ignore[method-assign]
        return backend, Completer(backend, Ledger(tmp_path), asset="candidates", report=lambda line: None)

    _, stopped = complete(100)
    with pytest.raises(Exception, match="what it answered is saved"):
        list(sample_candidates(sums(20), stopped, "m", "p", same_last_line, FIXED))
    backend, again = complete()
    rows = list(sample_candidates(sums(20), again, backend.fingerprint, "p", same_last_line, FIXED))
    assert len(rows) == 160 and len(backend.requests) == 60


class Longest:
    """A reward model that likes long answers; the longest of all are beyond its window."""

    def scores(self, answers: Sequence[Answered]) -> list[float | None]:
        """Their letters."""
        lengths = [len(answer.completion) for answer in answers]
        return [None if length > 20 else float(length) for length in lengths]


def test_a_reward_model_scores_what_came() -> None:
    def script(request: Request) -> Completion:
        if request.sample == 0:
            return Completion(finish_reason="error", error="server down")
        return Completion(text="A:1" + "0" * request.sample * 9, finish_reason="stop")

    settings = CandidateSettings(rule=StoppingRule(max_draws=3))
    reward = by_reward_model(Longest())
    rows = list(sample_candidates(sums(2), completing(script), "m", "p", same_last_line, settings, reward))
    assert [row.reward for row in rows] == [None, 12.0, None] * 2


def test_a_judge_scores_what_came(tmp_path: Path) -> None:
    judge = ScriptedBackend(
        lambda request: chosen(*[0.5 if place == 6 else 0 for place in range(len(request.choices))])
    )

    complete = Completer(judge, Ledger(tmp_path), asset="candidates", report=lambda line: None)
    settings = CandidateSettings(rule=StoppingRule(max_draws=2))
    reward = by_judge(complete, judge.fingerprint, ScoreSettings(max_outside_probability=0.9))
    rows = list(
        sample_candidates(sums(2), completing(solving(0.5)), "m", "p", same_last_line, settings, reward)
    )
    assert [row.reward for row in rows] == [7.0] * 4
