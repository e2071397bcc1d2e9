"""The filters, orders and searched texts of conversations, by the columns that their rows have."""

from collections.abc import Iterator, Sequence
from functools import cache

from datasets_registry.rows.row import Row
from datasets_registry.views.scanning import column
from studio.queries.conversations import ANSWERS
from studio.queries.filters import Choices, Filter, Order, value_filter

_LISTS = ("messages", "history", "turns")
_VALUES = ("suite", "subset", "kind", "category", "source", "split", "label", "part")
_PLAIN = ("prompt", "system_text", "reasoning", "chosen_reasoning", "rejected_reasoning", "reference")
_SHORT, _LONG = 200, 2_000


def holds_conversation(row: type[Row]) -> bool:
    """Whether its rows hold turns."""
    return _list_of(row) is not None


@cache
def conversation_choices(row: type[Row]) -> Choices:
    """What may be chosen of such rows; the row type has to hold conversations."""
    held = row.model_fields.keys()
    turns = _list_of(row)
    assert turns is not None
    answers = [text for text, *_ in ANSWERS.values() if text in held]
    texts = [name for name in (*_PLAIN, *answers) if name in held]
    searched = {needs: _joined(turns, fields) for needs, fields in _searched(turns)}
    return Choices(
        filters=(
            *(value_filter(name, name, name) for name in _VALUES if name in held),
            *_tools(row, turns),
            *_thoughts(row, turns),
            _number(turns),
            *_length(answers),
            *_outcome(row),
        ),
        orders=dict(_orders(turns, answers)),
        texts=texts,
        nested=searched,
    )


def _list_of(row: type[Row]) -> str | None:
    return next((name for name in _LISTS if name in row.model_fields), None)


def _tools(row: type[Row], turns: str) -> Iterator[Filter]:
    """Whether tools are offered or called, of rows that know tools."""
    calls = [name for _, _, name in ANSWERS.values() if name in row.model_fields]
    if turns == "turns":
        return
    called = _any([_some(turns, "len(turn.tool_calls) > 0"), *(f"len({column(name)}) > 0" for name in calls)])
    offered = "coalesce(len(tools), 0) > 0" if "tools" in row.model_fields else "false"
    words = {"called": called, "offered": offered, "none": f"NOT ({called}) AND NOT ({offered})"}
    needs = (f"{turns}.tool_calls", *calls, *(("tools",) if "tools" in row.model_fields else ()))
    yield Filter("tools", "tools", needs, words=words)


def _thoughts(row: type[Row], turns: str) -> Iterator[Filter]:
    thoughts = [name for _, name, _ in ANSWERS.values() if name in row.model_fields]
    if turns == "turns":
        return
    held = _any(
        [_some(turns, "len(turn.reasoning) > 0"), *(f"length({column(name)}) > 0" for name in thoughts)]
    )
    words = {"with": held, "without": f"NOT ({held})"}
    yield Filter("thoughts", "thoughts", (f"{turns}.reasoning", *thoughts), words=words)


def _number(turns: str) -> Filter:
    """How many turns there are before the answers; of a model's answers, how many it gave."""
    number = _turns(turns)
    words = {"one": f"{number} <= 1", "2 to 5": f"{number} BETWEEN 2 AND 5", "6 or more": f"{number} > 5"}
    return Filter("turns", "turns", (turns,), words=words)


def _length(answers: Sequence[str]) -> Iterator[Filter]:
    """By the longest answer, in characters."""
    if answers:
        longest = _longest(answers)
        words = {
            "short": f"{longest} < {_SHORT}",
            "middling": f"{longest} BETWEEN {_SHORT} AND {_LONG}",
            "long": f"{longest} > {_LONG}",
        }
        yield Filter("length", "longest answer", tuple(answers), words=words)


def _outcome(row: type[Row]) -> Iterator[Filter]:
    if "accepted" in row.model_fields:
        words = {"desirable": "accepted", "undesirable": "NOT accepted"}
        yield Filter("accepted", "answer", ("accepted",), words=words)
    if "failure" in row.model_fields:
        words = {"none": "failure IS NULL", "failed": "failure IS NOT NULL"}
        yield Filter("failure", "failure", ("failure",), words=words)


def _orders(turns: str, answers: Sequence[str]) -> Iterator[tuple[str, Order]]:
    yield "turns", Order("most turns first", f"-({_turns(turns)})", (turns,))
    if answers:
        yield "longest", Order("longest answer first", f"-({_longest(answers)})", tuple(answers))


def _turns(turns: str) -> str:
    """SQL of the number of turns; a prompt beside the turns before it is one more."""
    if turns == "messages":
        return "len(list_filter(messages, lambda turn: turn.role <> 'system'))"
    return "len(history) + 1" if turns == "history" else "len(turns)"


def _longest(answers: Sequence[str]) -> str:
    return f"greatest({', '.join(f'coalesce(length({column(name)}), 0)' for name in answers)})"


def _searched(turns: str) -> Iterator[tuple[str, Sequence[str]]]:
    """The texts of turns, by the column without which they are not searched."""
    if turns == "turns":
        yield "turns", ("turn.prompt", "turn.completion")
        return
    yield turns, ("turn.content",)
    yield f"{turns}.reasoning", ("turn.reasoning",)
    call = "concat_ws(' ', call.name, call.arguments)"
    calls = f"array_to_string(list_transform(turn.tool_calls, lambda call: {call}), ' ')"
    yield f"{turns}.tool_calls", (calls,)


def _joined(turns: str, fields: Sequence[str]) -> str:
    texts = f"list_transform({turns}, lambda turn: concat_ws(' ', {', '.join(fields)}))"
    return f"array_to_string({texts}, ' ')"


def _some(turns: str, held: str) -> str:
    return f"len(list_filter({turns}, lambda turn: {held})) > 0"


def _any(conditions: Sequence[str]) -> str:
    return " OR ".join(f"coalesce({condition}, false)" for condition in conditions)
