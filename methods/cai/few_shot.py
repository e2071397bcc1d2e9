"""Worked examples of critique and revision, as turns before the conversation (Bai et al. 2022, §3.1)."""

import tomllib
from functools import cache
from pathlib import Path

from datasets_registry.errors import BadInput
from datasets_registry.settings import Settings
from generation.request import Message

EXAMPLES = Path(__file__).with_name("few_shot.toml")


class Example(Settings):
    """A prompt, a response, and how it is criticised and revised."""

    id: str
    prompt: str
    response: str
    critique_request: str
    critique: str
    revision_request: str
    revision: str

    def turns(self, critique: bool) -> tuple[Message, ...]:
        """The example as a conversation; without its critique for the ablation that skips critiques."""
        spoken = [("user", self.prompt), ("assistant", self.response)]
        if critique:
            spoken += [("user", self.critique_request), ("assistant", self.critique)]
        spoken += [("user", self.revision_request), ("assistant", self.revision)]
        return tuple(Message.model_validate({"role": role, "content": text}) for role, text in spoken)


@cache
def _examples() -> tuple[Example, ...]:
    content = tomllib.loads(EXAMPLES.read_text(encoding="utf-8"))
    return tuple(Example.model_validate(one) for one in content["examples"])


@cache
def few_shot_turns(count: int, critique: bool) -> tuple[Message, ...]:
    """The turns of the last ``count`` examples, which stand before each conversation."""
    return tuple(turn for one in few_shot(count) for turn in one.turns(critique))


def few_shot(count: int) -> tuple[Example, ...]:
    """The last ``count`` examples, so that one which needs no change is among them."""
    if count > len(_examples()):
        raise BadInput(
            f"{count} few-shot examples are asked for, and {EXAMPLES.name} holds {len(_examples())}"
        )
    return _examples()[len(_examples()) - count :]
