"""What earlier rounds said: whether one stopped, and which round's weights are released."""

from collections.abc import Sequence

from datasets_registry.rows.rounds.verdict import Verdict


def last_before(verdicts: Sequence[Verdict], round_number: int) -> Verdict | None:
    """The verdict on the round before; None where no earlier one is known."""
    earlier = [verdict for verdict in verdicts if verdict.round < round_number]
    return max(earlier, key=lambda verdict: verdict.round, default=None)


def stopped_before(verdicts: Sequence[Verdict], round_number: int) -> Verdict | None:
    """The verdict on the round before where that, or one before it, stopped; otherwise None."""
    last = last_before(verdicts, round_number)
    return last if last is not None and last.verdict != "go_on" else None


def released_before(verdicts: Sequence[Verdict], round_number: int) -> int:
    """The round whose weights the round began from; the one before where no verdict is known."""
    last = last_before(verdicts, round_number)
    return round_number - 1 if last is None else last.weights_round
