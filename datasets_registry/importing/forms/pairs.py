"""A chosen and a rejected answer: HH-RLHF, TRL's preferences, and those of Orca."""

from datasets_registry.importing.forms.chat import instruction
from datasets_registry.importing.forms.comparison import preference, scores
from datasets_registry.importing.forms.dialogue import asked, reply, transcript
from datasets_registry.importing.forms.messages import Turns, turns, with_system
from datasets_registry.importing.forms.tools import tools
from datasets_registry.importing.forms.values import text
from datasets_registry.importing.records import Columns, Values
from datasets_registry.importing.rejection import Rejected

_SIDES = ("chosen", "rejected")
_QUESTIONS = ("question", "input", "instruction")


def hh_rlhf(columns: Columns) -> Values:
    """Two transcripts, alike but for the last answer."""
    return preference(*(transcript(columns.get(side)) for side in _SIDES))


def is_hh_rlhf(columns: Columns) -> bool:
    """Whether both sides are transcripts."""
    return all(isinstance(columns.get(side), str) and "\n\nHuman:" in columns[side] for side in _SIDES)


def conversational(columns: Columns) -> Values:
    """Both sides are messages; the prompt goes before a side that does not have it."""
    sides = (with_system(_side(columns, side), columns) for side in _SIDES)
    return preference(*sides) | scores(columns) | tools(columns)


def is_conversational(columns: Columns) -> bool:
    """Whether both sides are messages."""
    return all(isinstance(columns.get(side), list) for side in _SIDES)


def _side(columns: Columns, name: str) -> Turns:
    side, prompt = turns(columns.get(name)), columns.get("prompt")
    if isinstance(prompt, str):
        return side if any(turn["role"] == "user" for turn in side) else [*asked(prompt), *side]
    before = turns(prompt) if prompt else []
    return side if side[: len(before)] == before else [*before, *side]


def plain(columns: Columns) -> Values:
    """Both sides are texts after the prompt; without one, the text that they begin with is the prompt.

    What they share is cut at the last white space, which begins the answers.
    """
    chosen, rejected = (text(columns, side) for side in _SIDES)
    if "prompt" in columns:
        prompt = text(columns, "prompt")
    else:
        prompt = _shared(chosen, rejected)
        chosen, rejected = chosen[len(prompt) :], rejected[len(prompt) :]
    before = _opened(prompt)
    sides = (with_system([*before, *reply(side)], columns) for side in (chosen, rejected))
    return preference(*sides) | scores(columns) | tools(columns)


def is_plain(columns: Columns) -> bool:
    """Whether both sides are texts, after no other question than a prompt."""
    has_question = any(name in columns for name in _QUESTIONS)
    return _are_texts(columns) and not is_hh_rlhf(columns) and not has_question


def _are_texts(columns: Columns) -> bool:
    return all(isinstance(columns.get(side), str) for side in _SIDES)


def _shared(chosen: str, rejected: str) -> str:
    if chosen == rejected:
        raise Rejected("chosen and rejected are equal")
    least = min(len(chosen), len(rejected))
    alike = next((at for at in range(least) if chosen[at] != rejected[at]), least)
    prompt = chosen[: max((at for at in range(alike) if chosen[at].isspace()), default=0)]
    if not prompt.strip():
        raise Rejected("there is no prompt, and chosen and rejected do not begin alike")
    return prompt


def _opened(prompt: str) -> Turns:
    """A prompt as turns; one that is a transcript may end where the answer begins."""
    if not prompt.startswith("\n\nHuman:"):
        return asked(prompt)
    said = transcript(prompt)
    return said[:-1] if said[-1]["role"] == "assistant" and not said[-1]["content"].strip() else said


def orca_dpo(columns: Columns) -> Values:
    """A question after a system text, and two answers; a row that its source calls a tie is none."""
    if columns.get("status") == "tie":
        raise Rejected("tie: its status says so")
    question = instruction(columns) if "instruction" in columns else _question(columns)
    chosen, rejected = (reply(text(columns, side)) for side in _SIDES)
    sides = (with_system([*asked(question), *side], columns) for side in (chosen, rejected))
    return preference(*sides) | scores(columns) | tools(columns)


def _question(columns: Columns) -> str:
    return text(columns, "question" if "question" in columns else "input")


def is_orca_dpo(columns: Columns) -> bool:
    """Whether there are a question and two texts that answer it."""
    return _are_texts(columns) and any(name in columns for name in _QUESTIONS)
