"""Questions to a judge that answers in a turn of its own: a choice, a last line, or an object of a schema."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from generation.request import Completion, Message, Request, SamplingParams
from methods.judging.asking import GREEDY, Asking
from methods.templates import fill


@dataclass(frozen=True)
class Form:
    """What an answer is called, and the options that it may be; ``listed`` names them in a sentence."""

    label: str
    options: tuple[str, ...]
    listed: str

    @property
    def field(self) -> str:
        """The label as a field of an object."""
        return self.label.lower().replace(" ", "_")


@dataclass(frozen=True)
class Reply:
    """The option that a reply in words chooses, or why it chooses none; and the reasoning before it."""

    option: str | None
    failure: str | None
    raw: str | None
    reasoning: str | None = None


def own_turn_templates(asking: Asking, *, reasons: bool = False) -> tuple[str, ...]:
    """The names of the prompt templates that end a question."""
    if not asking.in_own_turn:
        return ()
    name = {"probabilities": "answer_choice", "text": "answer_line", "schema": "answer_schema"}
    return (name[asking.verdicts] + ("_reasoned" if reasons and asking.verdicts != "probabilities" else ""),)


def own_turn_requests(
    messages: Sequence[Message],
    question: str,
    form: Form,
    asking: Asking,
    reasoning_tokens: int | None = None,
) -> list[Request]:
    """The calls that ask ``question`` after ``messages``: one, or each sample of a reply in words."""
    asked = (*messages, Message(role="user", content=_ended(question, form, asking, reasoning_tokens)))
    if asking.verdicts == "probabilities":
        params = SamplingParams(temperature=GREEDY, max_tokens=1)
        return [Request(messages=asked, params=params, choices=form.options)]
    params = asking.words(reasoning_tokens)
    schema = _schema(form, reasons=reasoning_tokens is not None) if asking.verdicts == "schema" else None
    return [
        Request(messages=asked, params=params, sample=sample, answer_schema=schema)
        for sample in range(asking.samples)
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


def read_reply(completion: Completion, form: Form, asking: Asking) -> Reply:
    """A reply in words, read strictly: nothing but an option in its place is one."""
    if completion.error is not None:
        return Reply(None, f"error: {completion.error}", None)
    if completion.finish_reason == "length":
        return Reply(None, "the reply is truncated", completion.text)
    return (
        _read_object(completion.text, form)
        if asking.verdicts == "schema"
        else _read_line(completion.text, form)
    )


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
