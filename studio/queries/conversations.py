"""Rows that hold conversations, as people read them: instructions, turns and answers, with thoughts apart."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from datasets_registry.registry import Registry
from datasets_registry.rows.row import Row, named_completions
from datasets_registry.rows.types import row_type
from datasets_registry.version import Version
from datasets_registry.views.scanning import ResultRow
from methods.reading.thought import without_thought

# the columns of an answer's text, thought and calls of tools, by what it is called
ANSWERS: Mapping[str, tuple[str, str, str]] = {
    "answer": ("completion", "reasoning", "tool_calls"),
    "better answer": ("chosen", "chosen_reasoning", "chosen_tool_calls"),
    "worse answer": ("rejected", "rejected_reasoning", "rejected_tool_calls"),
    "answer a": ("completion_a", "", ""),
    "answer b": ("completion_b", "", ""),
    "draft": ("draft", "", ""),
    "revision": ("revision", "", ""),
}
# what is said of a row beside its conversation, in this order
FACTS = (
    "suite",
    "variant",
    "subset",
    "kind",
    "category",
    "split",
    "part",
    "model",
    "policy",
    "label",
    "accepted",
    "refused",
    "finish_reason",
    "source",
)


@dataclass(frozen=True)
class Turn:
    """What one speaker says, or one of several answers; ``calls`` are those of tools."""

    role: str
    title: str
    text: str
    thought: str = ""
    calls: Sequence[ResultRow] = ()


@dataclass(frozen=True)
class ConversationShown:
    """A row's conversation; ``after`` is what stands beside it, such as right answers, by what it is."""

    row: ResultRow
    key: Sequence[str]
    has_calls: bool
    facts: Mapping[str, object]
    system: Sequence[Turn]
    turns: Sequence[Turn]
    answers: Sequence[Turn]
    tools: Sequence[ResultRow] = ()
    grades: Sequence[ResultRow] = ()
    after: Mapping[str, str] = field(default_factory=dict)


def shown(_: Registry, version: Version, rows: Sequence[ResultRow]) -> list[ConversationShown]:
    """The rows' conversations."""
    kind = row_type(version)
    return [_shown(row, kind) for row in rows]


def _shown(row: ResultRow, kind: type[Row]) -> ConversationShown:
    turns = list(_turns(row))
    return ConversationShown(
        row=row,
        key=kind.key,
        has_calls=any(named_completions(kind, row)),
        facts={name: row[name] for name in FACTS if name not in kind.key and row.get(name) is not None},
        system=[turn for turn in turns if turn.role == "system"],
        turns=[turn for turn in turns if turn.role != "system"],
        answers=list(_answers(row)),
        tools=row.get("tools") or (),
        grades=row.get("grades") or (),
        after={title: text for title, text in _after(row) if text},
    )


def _turns(row: ResultRow) -> Iterator[Turn]:
    """The turns up to the answers; in rows of a model's answers these are among them."""
    if row.get("system_text"):
        yield Turn("system", "system", row["system_text"])
    for message in row.get("messages") or row.get("history") or ():
        yield _turn(message)
    if "messages" not in row and row.get("prompt") is not None:
        yield Turn("user", "user", row["prompt"])
    for turn in row.get("turns") or ():
        yield Turn("user", "user", turn["prompt"])
        yield _said("assistant", f"assistant, {turn['num_tokens']:,} tokens", turn["completion"])


def _turn(message: ResultRow) -> Turn:
    # versions of earlier releases lack what they did not know
    role, name = message["role"], message.get("name") or message.get("tool_call_id")
    title = f"{role}, {name}" if name else role
    return _said(role, title, message["content"], message.get("reasoning"), message.get("tool_calls"))


def _answers(row: ResultRow) -> Iterator[Turn]:
    for title, (text, thought, calls) in ANSWERS.items():
        if row.get(text) is not None:
            yield _said("assistant", title, row[text], row.get(thought), row.get(calls))
    for place, response in enumerate(row.get("responses") or ()):
        yield _said("assistant", "right answer" if place < row["num_right"] else "wrong answer", response)


def _said(
    role: str, title: str, text: str, thought: str | None = None, calls: Sequence[ResultRow] | None = None
) -> Turn:
    """A turn whose thought, where it stands in the text, stands apart from it."""
    if thought or role != "assistant":
        return Turn(role, title, text, thought or "", calls or ())
    read = without_thought(text)
    return Turn(role, title, read.answer, read.thought, calls or ())


def _after(row: ResultRow) -> Iterator[tuple[str, str]]:
    for place, follow_up in enumerate(row.get("follow_ups") or ()):
        yield f"the user says after answer {place + 1}", follow_up
    yield "choices", "\n".join(row.get("choices") or ())
    yield (
        "choices, with the log probability of each",
        "\n".join(
            f"{held['choice']}: {'none' if held['logprob'] is None else format(held['logprob'], '.2f')}"
            for held in row.get("likelihoods") or ()
        ),
    )
    yield "right answers", "\n".join(row.get("gold") or ())
    yield "reference that the judge is shown", row.get("reference") or ""
    yield "steps", "\n".join(row.get("steps") or ())
