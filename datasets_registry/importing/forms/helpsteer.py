"""HelpSteer: rated answers (2), and preferences between two answers (2 and 3)."""

import re
from collections.abc import Iterable, Iterator
from itertools import groupby

from datasets_registry.importing.forms.comparison import preference, rated
from datasets_registry.importing.forms.dialogue import asked, reply
from datasets_registry.importing.forms.messages import Turns, turns
from datasets_registry.importing.forms.values import number, text
from datasets_registry.importing.records import Columns, Record, Value, Values
from datasets_registry.importing.rejection import Rejected

ATTRIBUTES = ("helpfulness", "correctness", "coherence", "complexity", "verbosity")
RATED_COLUMNS = frozenset({"prompt", "response", "helpfulness"})
_MARK = re.compile(r"\n?<extra_id_1>(User|Assistant)\n")
_SPEAKERS = {"User": "user", "Assistant": "assistant"}
# how much better the second response is, from much worse to much better
_STRENGTHS = range(-3, 4)


def is_rated(columns: Columns) -> bool:
    """Whether there are a prompt, a response and its five ratings."""
    return all(name in columns for name in ("prompt", "response", *ATTRIBUTES))


def answers_together(records: Iterable[Record]) -> Iterator[Record]:
    """A record for each run of records with the same prompt; one that is damaged stays by itself."""
    for _, run in groupby(records, lambda record: str(record.columns.get("prompt"))):
        whole: list[Record] = []
        for record in run:
            fault = record.failure or _fault(record.columns)
            if fault:
                yield Record(record.file, record.number, record.columns, fault)
            else:
                whole.append(record)
        if whole:
            yield Record(whole[0].file, whole[0].number, {"answers": [dict(one.columns) for one in whole]})


def _fault(columns: Columns) -> str | None:
    try:
        text(columns, "prompt"), text(columns, "response")
        if number(columns.get("helpfulness"), "helpfulness") is None:
            return "helpfulness is null"
    except Rejected as why:
        return str(why)
    return None


def compared(columns: Columns) -> Values:
    """The most helpful answer to a prompt against the least; the first of those rated alike."""
    answers = columns["answers"]
    if len(answers) < 2:
        raise Rejected("fewer than two rated answers")
    best, worst = (pick(answers, key=_helpfulness) for pick in (max, min))
    if _helpfulness(best) == _helpfulness(worst):
        raise Rejected("tie: all answers have the same score")
    before = _before(best["prompt"])
    sides = ([*before, *reply(answer["response"])] for answer in (best, worst))
    return preference(*sides) | rated(_helpfulness(best), _helpfulness(worst))


def _helpfulness(answer: Columns) -> float:
    return float(answer["helpfulness"])


def _before(prompt: str) -> Turns:
    """The turns of a prompt, which marks of speakers divide where there are several."""
    first, *parts = _MARK.split(prompt)
    said = zip(parts[::2], parts[1::2], strict=True)
    return [*asked(first), *({"role": _SPEAKERS[who], "content": what} for who, what in said)]


def is_preference_2(columns: Columns) -> bool:
    """Whether there are two responses, and how much better the second is."""
    return all(name in columns for name in ("response_1", "response_2", "preference_strength"))


def preference_2(columns: Columns) -> Values:
    """The better of two responses, by the sign of the strength."""
    responses = (text(columns, "response_1"), text(columns, "response_2"))
    return _stronger(_before(text(columns, "prompt")), responses, columns, "preference_strength")


def is_preference_3(columns: Columns) -> bool:
    """Whether there are two responses after a context, and which of them is better."""
    return all(name in columns for name in ("context", "response1", "response2", "overall_preference"))


def preference_3(columns: Columns) -> Values:
    """The better of two responses to a conversation, by the sign of the preference."""
    responses = (text(columns, "response1"), text(columns, "response2"))
    return _stronger(turns(columns["context"]), responses, columns, "overall_preference")


def _stronger(before: Turns, responses: tuple[str, str], columns: Columns, name: str) -> Values:
    strength: Value = number(columns[name], name)
    if strength not in _STRENGTHS:
        raise Rejected(f"{name} is not a whole number from -3 to 3")
    if strength == 0:
        raise Rejected(f"tie: {name} is 0")
    better, worse = responses[::-1] if strength > 0 else responses
    return preference([*before, *reply(better)], [*before, *reply(worse)])
