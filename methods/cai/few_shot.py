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
        exchanges = [(self.prompt, self.response)]
        if critique:
            exchanges.append((self.critique_request, self.critique))
        exchanges.append((self.revision_request, self.revision))
        return tuple(turn for user, assistant in exchanges for turn in _exchange(user, assistant))


def _exchange(user: str, assistant: str) -> tuple[Message, Message]:
    return Message(role="user", content=user), Message(role="assistant", content=assistant)


@cache
def _examples() -> tuple[Example, ...]:
    content = tomllib.loads(EXAMPLES.read_text(encoding="utf-8"))
    return tuple(Example.model_validate(example) for example in content["examples"])


@cache
def few_shot_turns(count: int, critique: bool) -> tuple[Message, ...]:
    """The turns of the last ``count`` examples, which precede each conversation.

    Raises BadInput where there are fewer.
    """
    return tuple(turn for example in few_shot(count) for turn in example.turns(critique))


def few_shot(count: int) -> tuple[Example, ...]:
    """The last ``count`` examples, of which the very last needs no change.

    Raises BadInput where there are fewer.
    """
    if count > len(_examples()):
        raise BadInput(
            f"{count} few-shot examples are asked for, but {EXAMPLES.name} has {len(_examples())}:"
            " lower num_examples"
        )
    return _examples()[len(_examples()) - count :]
