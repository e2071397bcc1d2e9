"""Decompositions by a model: it names smaller questions line by line, and composes their answers."""

import re
from collections.abc import Sequence
from functools import partial

from datasets_registry.hashing import derive_seed
from generation.request import Completion, Message, Request
from methods.judging.conversation import failure_of
from methods.judging.quotation import quoted
from methods.oversight.amplification.decomposing import EMPTY, TOO_MANY, UNPARSABLE, Decomposition, Split
from methods.oversight.amplification.settings import AmplificationSettings
from methods.templates import fill

PARTS, COMPOSED = "amplification_parts", "amplification_composed"
_ITEM = re.compile(r"\s*(?:[-*•]|[0-9]{1,2}[.)])\s+(\S.*)")
_NONE = re.compile(r"\W*none\W*", re.IGNORECASE)


def parts_request(question: str, settings: AmplificationSettings) -> Request:
    """The request for the parts of a question; its seed depends on the question alone."""
    text = fill(PARTS, question=quoted(question), children=str(settings.children))
    return Request(
        messages=(Message(role="user", content=text),),
        params=settings.splitting,
        seed=derive_seed(settings.seed, "parts", question),
    )


def read_parts(question: str, completion: Completion, key: str, children: int) -> Split:
    """What the model names; a list that is cut off, empty or mixed with other text is none."""
    read = partial(Split, key=key, num_tokens=completion.num_completion_tokens)
    failure = failure_of(completion)
    if failure is not None:
        return read(failure=EMPTY if failure == "empty" else UNPARSABLE)
    lines = [line for line in completion.text.splitlines() if line.strip()]
    if len(lines) == 1 and _NONE.fullmatch(lines[0]):
        return read()
    items = [match[1].strip() for line in lines if (match := _ITEM.fullmatch(line))]
    if len(items) < len(lines):
        return read(failure=UNPARSABLE)
    if len(items) > children:
        return read(failure=TOO_MANY)
    return read(Decomposition(tuple(items), partial(composed, question, items)))


def composed(question: str, parts: Sequence[str], answers: Sequence[str]) -> str:
    """What is asked once the parts are answered."""
    pairs = zip(parts, answers, strict=True)
    said = "\n\n".join(f"{quoted(part)}\nAnswer:\n{quoted(answer)}" for part, answer in pairs)
    return fill(COMPOSED, question=quoted(question), parts=said)
