"""A request with thoughts of earlier turns is asked as its template reads them: kept, dropped or refused."""

from pathlib import Path
from typing import Any

import pytest
from transformers import AutoTokenizer

from benchmarks.sides.texts.zoo import ZOO
from generation.prompts import Prompt, PromptReader
from generation.request import Completion, Message, Request

ASKED = Message(role="user", content="1+1?")
THOUGHT = Message(role="assistant", content="2.", reasoning="I add.")
BARE = THOUGHT.model_copy(update={"reasoning": None})
BEGUN = Message(role="assistant", content="It", reasoning="Again.")
TEMPLATES = {animal.name: animal.template for animal in ZOO}


@pytest.fixture
def tokenizer(tiny_model: Path) -> Any:
    """The tiny model's tokenizer, whose template a test replaces."""
    return AutoTokenizer.from_pretrained(tiny_model)


def ids(tokenizer: Any, *turns: Message, continuation: str | None = None) -> list[int] | str:
    """What a reader makes of the turns, or why it cannot."""
    read = PromptReader(tokenizer).read(Request(messages=turns, continuation=continuation))
    if isinstance(read, Completion):
        return str(read.error)
    assert isinstance(read, Prompt) and read.request.messages == turns
    return read.read


@pytest.mark.parametrize(("name", "is_kept"), [("thought dropped", False), ("thought kept", True)])
def test_an_earlier_thought_follows_the_rule_of_the_template(
    tokenizer: Any, name: str, is_kept: bool
) -> None:
    tokenizer.chat_template = TEMPLATES[name]
    for more in ((ASKED,), (ASKED, BEGUN)):
        with_thought, without = (ids(tokenizer, ASKED, turn, *more) for turn in (THOUGHT, BARE))
        assert isinstance(with_thought, list) and (with_thought != without) == is_kept
    # the thought of the turn that goes on is read
    assert "Again." in tokenizer.decode(ids(tokenizer, ASKED, THOUGHT, ASKED, BEGUN))
    likely, bare = (ids(tokenizer, ASKED, turn, ASKED, continuation="2.") for turn in (THOUGHT, BARE))
    assert (likely != bare) == is_kept


def test_a_template_that_reads_no_thought_refuses_the_request_alone(tokenizer: Any) -> None:
    tokenizer.chat_template = TEMPLATES["plain"]
    assert "leaves out reasoning of message 2" in str(ids(tokenizer, ASKED, THOUGHT, ASKED))
    assert isinstance(ids(tokenizer, ASKED, BARE, ASKED), list)
