"""The field by which a server takes the most tokens of an answer: `max_tokens`, or the name after it."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from generation.openai_server.protocol import Fields

T = TypeVar("T")
OLD, NEW = "max_tokens", "max_completion_tokens"


class LimitName:
    """Remembers which of the two a server takes; what is asked for, and so every key, is the same."""

    def __init__(self) -> None:
        self.name = OLD

    async def posted(self, fields: Fields, post: Callable[[Fields], Awaitable[T]]) -> T:
        """What ``post`` gives; asked again under the new name where the server refuses the old one by it."""
        import openai

        if self.name == NEW:
            return await post(self.named(fields))
        try:
            return await post(fields)
        except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
            if NEW not in str(error):
                raise
        # some name both where only the number is wrong, so what is remembered is what the server took
        reply = await post(_renamed(fields))
        self.name = NEW
        return reply

    def named(self, fields: Fields) -> Fields:
        """The fields under the name that the server is known to take."""
        return fields if self.name == OLD else _renamed(fields)


def _renamed(fields: Fields) -> Fields:
    return {NEW if name == OLD else name: value for name, value in fields.items()}
