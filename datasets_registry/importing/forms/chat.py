"""Answers to learn: conversations, prompts with completions, Alpaca's instructions."""

from datasets_registry.importing.forms.dialogue import asked, demonstration, reply
from datasets_registry.importing.forms.messages import Turns, reasoning, turns, with_system
from datasets_registry.importing.forms.tools import tools
from datasets_registry.importing.forms.values import text, truth
from datasets_registry.importing.records import Columns, Value, Values
from datasets_registry.importing.rejection import Rejected


def _answer(conversation: Turns, columns: Columns) -> Values:
    """The columns of the last answer, with system text, tools, and the thought that a column has."""
    row = demonstration(with_system(conversation, columns)) | tools(columns)
    thought = reasoning(columns)
    if thought is None:
        return row
    if row.get("reasoning") not in (None, thought):
        raise Rejected("the thought's column and the last answer's differ")
    return row | {"reasoning": thought}


def chat(columns: Columns) -> Values:
    """The conversation of `messages` or `conversations`, the last answer of which is the completion."""
    return _answer(conversation(columns), columns)


def is_chat(columns: Columns) -> bool:
    """Whether there is a conversation, and no comparison or label."""
    # a sample of a log says in its scores whether it is to be learned
    has_other = "chosen" in columns or has_label(columns) or "scores" in columns
    return _has_conversation(columns) and not has_other


def conversation(columns: Columns) -> Turns:
    """The turns of `messages` or `conversations`."""
    messages = columns.get("messages")
    return turns(columns.get("conversations") if messages is None else messages)


def _has_conversation(columns: Columns) -> bool:
    return any(isinstance(columns.get(name), list) for name in ("messages", "conversations"))


def prompt_completion(columns: Columns) -> Values:
    """A prompt and its completion, each of them text or messages (TRL's prompt-completion)."""
    return _answer(continued(columns), columns)


def is_prompt_completion(columns: Columns) -> bool:
    """Whether there are both, and no label."""
    return _has_completion(columns) and not has_label(columns)


def continued(columns: Columns) -> Turns:
    """The turns of `prompt` with those of `completion` after them."""
    return [*given(columns, "prompt", asked), *given(columns, "completion", reply)]


def _has_completion(columns: Columns) -> bool:
    return all(isinstance(columns.get(name), str | list) for name in ("prompt", "completion"))


def given(columns: Columns, name: str, spoken: Value) -> Turns:
    """The turns of a column that holds messages, or one turn that is text."""
    value = columns.get(name)
    turned: Turns = spoken(text(columns, name)) if value is None or isinstance(value, str) else turns(value)
    return turned


def unpaired(columns: Columns) -> Values:
    """An answer that is desirable or not (TRL's unpaired preference), of `completion` or a conversation."""
    label = truth(columns.get("label"))
    if label is None:
        raise Rejected("label is not true or false")
    said = continued(columns) if "completion" in columns else conversation(columns)
    return _answer(said, columns) | {"accepted": label}


def is_unpaired(columns: Columns) -> bool:
    """Whether there are an answer and its label."""
    has_answer = _has_completion(columns) or _has_conversation(columns)
    return has_answer and has_label(columns)


def has_label(columns: Columns) -> bool:
    """Whether there is a label that is true or false."""
    return truth(columns.get("label")) is not None


def alpaca(columns: Columns) -> Values:
    """The instruction with its input below, and the output; earlier questions and answers as `history`."""
    said = [*_earlier(columns), *asked(instruction(columns)), *reply(text(columns, "output"))]
    return _answer(said, columns)


def is_alpaca(columns: Columns) -> bool:
    """Whether there are an instruction and an output."""
    return "instruction" in columns and isinstance(columns.get("output"), str)


def instruction(columns: Columns) -> str:
    """The instruction, and after an empty line the input, where there is one."""
    more = columns.get("input")
    if more is not None and not isinstance(more, str):
        raise Rejected("input is not text")
    return text(columns, "instruction") + (f"\n\n{more}" if more and more.strip() else "")


def _earlier(columns: Columns) -> Turns:
    rounds = columns.get("history") or []
    if not isinstance(rounds, list) or any(not _is_round(one) for one in rounds):
        raise Rejected("history is not a list of questions with answers")
    return [turn for question, answer in rounds for turn in (*asked(question), *reply(answer))]


def _is_round(value: Value) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(isinstance(one, str) for one in value)
