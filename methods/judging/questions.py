"""Questions to a judge, and its replies: in a turn begun for it or its own, read strictly and counted."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from generation.request import Completion, Message, Request, SamplingParams
from methods.judging.asking import GREEDY, Asking
from methods.templates import fill

_CHOICE = SamplingParams(temperature=GREEDY, max_tokens=1)


@dataclass(frozen=True)
class Form:
    """What an answer is called, and the options that it may be; ``listed`` names them in a sentence.

    In a turn that is begun with ``opening``, a letter may have one of the marks ``ends`` behind it, and any
    other reply is ``wrong``.
    """

    label: str
    options: tuple[str, ...]
    listed: str
    opening: str = ""
    ends: str = ""
    wrong: str = ""

    @property
    def field(self) -> str:
        """The label as a field of an object."""
        return self.label.lower().replace(" ", "_")

    @property
    def letters(self) -> tuple[str, ...]:
        """The options as they go on behind the opening."""
        return tuple(f" {option}" for option in self.options)


@dataclass(frozen=True)
class Reply:
    """The option that a reply in words chooses, or why it chooses none; and the reasoning before it."""

    option: str | None
    failure: str | None
    raw: str | None
    reasoning: str | None = None


@dataclass(frozen=True)
class Tally:
    """The options that the replies to one question choose, and the share of replies that choose none.

    ``failure`` says why there is no answer where too many choose none; ``shown`` stands for all replies.
    """

    options: tuple[str, ...]
    outside: float
    failure: str | None
    shown: Reply

    def share(self, option: str) -> float:
        """The share of the choosing replies that choose ``option``."""
        return self.options.count(option) / len(self.options)


def own_turn_templates(asking: Asking, *, reasons: bool = False) -> tuple[str, ...]:
    """The names of the prompt templates that end a question."""
    if not asking.in_own_turn:
        return ()
    name = {"probabilities": "answer_choice", "text": "answer_line", "schema": "answer_schema"}
    return (name[asking.verdicts] + ("_reasoned" if reasons and asking.verdicts != "probabilities" else ""),)


def letter_requests(
    messages: Sequence[Message],
    question: str,
    form: Form,
    asking: Asking,
    reasoning_tokens: int | None = None,
) -> list[Request]:
    """The calls that ask for an option after ``messages``, in a turn begun for the judge or its own."""
    if asking.in_own_turn:
        return own_turn_requests(messages, question, form, asking, reasoning_tokens)
    begun = Message(role="assistant", content=form.opening)
    asked = (*messages, Message(role="user", content=question), begun)
    if asking.verdicts == "probabilities":
        return [Request(messages=asked, params=_CHOICE, choices=form.letters)]
    return _samples(asked, asking.words(), asking.samples)


def own_turn_requests(
    messages: Sequence[Message],
    question: str,
    form: Form,
    asking: Asking,
    reasoning_tokens: int | None = None,
) -> list[Request]:
    """The calls that ask in a turn of the judge's own: one, or each sample of a reply in words."""
    asked = (*messages, Message(role="user", content=_ended(question, form, asking, reasoning_tokens)))
    if asking.verdicts == "probabilities":
        return [Request(messages=asked, params=_CHOICE, choices=form.options)]
    schema = _schema(form, reasons=reasoning_tokens is not None) if asking.verdicts == "schema" else None
    return _samples(asked, asking.words(reasoning_tokens), asking.samples, schema)


def _samples(
    messages: tuple[Message, ...], params: SamplingParams, number: int, schema: str | None = None
) -> list[Request]:
    return [
        Request(messages=messages, params=params, sample=sample, answer_schema=schema)
        for sample in range(number)
    ]


def _ended(question: str, form: Form, asking: Asking, reasoning_tokens: int | None) -> str:
    (template,) = own_turn_templates(asking, reasons=reasoning_tokens is not None)
    named = {
        "answer_choice": {},
        "answer_line": {"label": form.label},
        "answer_schema": {"label": form.field},
    }
    values = named[template.removesuffix("_reasoned")]
    return f"{question}\n\n{fill(template, options=form.listed, **values)}"


def _schema(form: Form, *, reasons: bool) -> str:
    properties: dict[str, object] = {"reasoning": {"type": "string"}} if reasons else {}
    properties[form.field] = {"type": "string", "enum": list(form.options)}
    return json.dumps(
        {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }
    )


def tally(completions: Sequence[Completion], form: Form, asking: Asking) -> Tally:
    """The replies in words to one question, counted."""
    replies = [read_reply(completion, form, asking) for completion in completions]
    choosing = [reply for reply in replies if reply.option]
    options = tuple(reply.option for reply in choosing if reply.option)
    outside, failure = 1 - len(options) / len(replies), None
    if not options or outside > asking.max_outside_probability:
        failure = next(reply.failure for reply in replies if reply.failure)
        if len(replies) > 1:
            failure = f"{len(replies) - len(options)} of {len(replies)} replies choose nothing: {failure}"
    return Tally(options, outside, failure, next(iter(choosing), replies[0]))


def read_reply(completion: Completion, form: Form, asking: Asking) -> Reply:
    """A reply in words, read strictly: nothing but an option in its place is one."""
    if completion.error is not None:
        return Reply(None, f"error: {completion.error}", None)
    if not asking.in_own_turn:
        return _read_letter(completion.text, form)
    if completion.finish_reason == "length":
        return Reply(None, "the reply is truncated", completion.text)
    return (
        _read_object(completion.text, form)
        if asking.verdicts == "schema"
        else _read_line(completion.text, form)
    )


def _read_letter(text: str, form: Form) -> Reply:
    """The option at which a turn that was begun goes on."""
    options = "|".join(map(re.escape, form.options))
    letter = re.fullmatch(rf"\s*({options})\s*[{re.escape(form.ends)}]?\s*(?:\n.*)?", text, re.DOTALL)
    return Reply(letter[1], None, text) if letter else Reply(None, f"the reply is {form.wrong}", text)


def _read_line(text: str, form: Form) -> Reply:
    """The option that the last line names, unless that quotes; the lines before are the reasoning."""
    before, _, last = text.strip().rpartition("\n")
    options = "|".join(map(re.escape, sorted(form.options, key=len, reverse=True)))
    line = re.fullmatch(rf"[*_#\s]*{re.escape(form.label)}\s*:[*_\s]*({options})[*_.\s]*", last)
    if line is None:
        return Reply(None, f"the last line is not {form.label}: and {form.listed}", text)
    return Reply(line[1], None, text, before.strip() or None)


def _read_object(text: str, form: Form) -> Reply:
    """The option of an object that has the schema's fields and no other."""
    try:
        content = json.loads(text, object_pairs_hook=_each_once)
    except (ValueError, RecursionError):
        return Reply(None, "the reply is not the JSON object that was asked for", text)
    fields = content if isinstance(content, dict) else {}
    option, reasoning = fields.get(form.field), fields.get("reasoning")
    if fields.keys() - {form.field, "reasoning"} or option not in form.options:
        return Reply(None, f"the reply is no object whose {form.field} is {form.listed}", text)
    return Reply(str(option), None, text, reasoning if isinstance(reasoning, str) else None)


def _each_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError("a field is there twice")
    return fields
