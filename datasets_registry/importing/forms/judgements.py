"""Two answers that somebody compared by number or name: PKU-SafeRLHF and MT-Bench's judgements."""

from datasets_registry.hashing import content_id
from datasets_registry.importing.forms.comparison import preference
from datasets_registry.importing.forms.dialogue import asked, reply
from datasets_registry.importing.forms.messages import Turns, turns
from datasets_registry.importing.forms.values import text, truth
from datasets_registry.importing.records import Columns, Value, Values
from datasets_registry.importing.rejection import Rejected

_SAFE_RLHF = ("prompt", "response_0", "response_1", "better_response_id", "safer_response_id")
_MT_BENCH = ("conversation_a", "conversation_b", "winner")


def is_safe_rlhf(columns: Columns) -> bool:
    """Whether there are two responses, and which is better and which safer."""
    return all(name in columns for name in _SAFE_RLHF)


def safe_rlhf(columns: Columns) -> Values:
    """The response that is both better and safer; where these are two, one label cannot say both."""
    better, safer = (_which(columns, name) for name in _SAFE_RLHF[3:])
    if better != safer:
        raise Rejected("the better response is not the safer one")
    prompt = asked(text(columns, "prompt"))
    sides = ([*prompt, *reply(text(columns, f"response_{place}"))] for place in (better, 1 - better))
    return preference(*sides)


def _which(columns: Columns, name: str) -> int:
    second = truth(columns[name])
    if second is None:
        raise Rejected(f"{name} is neither 0 nor 1")
    return int(second)


def is_mt_bench(columns: Columns) -> bool:
    """Whether there are two conversations and a winner."""
    return all(name in columns for name in _MT_BENCH)


def mt_bench(columns: Columns) -> Values:
    """The winner's answer in the turn that was judged; each judge's judgement is a row.

    In a second turn both models go on from their own first answer: no comparison unless these are equal.
    """
    sides = {name: _up_to(turns(columns[f"conversation_{name}"]), columns.get("turn")) for name in ("a", "b")}
    winner = columns["winner"]
    if isinstance(winner, str) and winner.startswith("tie"):
        raise Rejected("tie: neither model won")
    if winner not in ("model_a", "model_b"):
        raise Rejected(
            "winner is not model_a or model_b", f"winner {str(winner)[:40]!r} is not model_a or model_b"
        )
    better, worse = ("a", "b") if winner == "model_a" else ("b", "a")
    row = preference(sides[better], sides[worse])
    return row | _judged(row, columns.get("judge"))


def _up_to(said: Turns, turn: Value) -> Turns:
    """The conversation up to the answer in round ``turn``, from 1; all of it where none is named."""
    if turn is None:
        return said
    answers = [place for place, one in enumerate(said, 1) if one["role"] == "assistant"]
    if isinstance(turn, bool) or turn not in range(1, len(answers) + 1):
        raise Rejected("turn is not one of the conversation's")
    return said[: answers[int(turn) - 1]]


def _judged(row: Values, judge: Value) -> Values:
    if not isinstance(judge, str):
        return {}
    return {"pair_id": content_id(row["messages"], row["chosen"], row["rejected"], judge), "source": judge}
