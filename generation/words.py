"""What a chat template writes by itself, and so no message may spell."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from jinja2 import TemplateError

from generation.request import Message
from generation.tokenizer import AddedToken, Tokenizer
from generation.turns import template_turn

# a template is somebody's program: whatever fails in it is its refusal of that conversation
TEMPLATE_ERRORS = (
    TemplateError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)
# what opens and closes a thought; some models have no token for it
_THOUGHT = re.compile(r"</?[\w:]*think\w*>")
_ASKED = Message(role="user", content="hello")
# harmless conversations: the first one is taken by every template
PLAIN = (
    (_ASKED,),
    (Message(role="system", content="brief"), _ASKED),
    (_ASKED, Message(role="assistant", content="hi"), _ASKED),
)


def special_tokens(tokenizer: Tokenizer) -> Sequence[str]:
    """What no message may spell, longest first: control tokens, and the tokens that the template writes.

    Tokens that are there to be read whole, such as runs of spaces, are text like any other, and so is
    ``<think>`` where the template knows no thoughts.
    """
    return _special_tokens(tokenizer, template_source(tokenizer))


def opens_thought(text: str) -> bool:
    """Whether ``text`` ends with the opening of a thought, as the generation prompt of some models does."""
    last = list(_THOUGHT.finditer(text))[-1:]
    return bool(last) and not last[0][0].startswith("</") and not text[last[0].end() :].strip()


def template_source(tokenizer: Tokenizer) -> str:
    """The chat template in Jinja, of several one after the other; empty where there is none."""
    template = tokenizer.chat_template
    return "\n".join(template.values()) if isinstance(template, Mapping) else template or ""


@lru_cache(maxsize=8)
def _special_tokens(tokenizer: Tokenizer, source: str) -> Sequence[str]:
    written = source + "".join(_plain_text(tokenizer, conversation) for conversation in PLAIN)
    tokens = {str(token) for token in tokenizer.added_tokens_decoder.values() if _controls(token, written)}
    return sorted(tokens.union(_THOUGHT.findall(source)), key=lambda token: (-len(token), token))


def _controls(token: AddedToken, written: str) -> bool:
    text = str(token)
    return len(text) > 1 and (token.special or (not text.isspace() and text in written))


def _plain_text(tokenizer: Tokenizer, messages: Sequence[Message]) -> str:
    """What the template makes of harmless messages; it may also put tokens together while it is filled."""
    turns = [template_turn(message, ()) for message in messages]
    try:
        return tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    except TEMPLATE_ERRORS:
        return ""
