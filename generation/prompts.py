"""Requests as the tokens that an engine reads, or as the failed completions of those that cannot be read."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from datasets_registry.rows.conversation import Tool
from generation.chat import Unrenderable, choice_ids, continuation_ids, prompt_ids
from generation.request import Completion, Message, Request
from generation.tokenizer import Tokenizer


@dataclass(frozen=True)
class Prompt:
    """The tokens of a request: its conversation, and its choices or its continuation if it has any."""

    request: Request
    ids: list[int]
    choices: list[int]
    continuation: list[int]

    @cached_property
    def read(self) -> list[int]:
        """All tokens that are read, the continuation's too."""
        return self.ids + self.continuation

    def misfit(self, window: int) -> Completion | None:
        """The failed completion of a prompt that ``window`` does not hold with what is asked for."""
        request = self.request
        num_wanted = 1 if request.choices else len(self.continuation) or request.params.max_tokens
        if len(self.ids) + num_wanted <= window:
            return None
        reason = f"prompt of {len(self.ids)} and {num_wanted} new tokens exceed the window of {window}"
        return Completion(finish_reason="error", error=reason, num_prompt_tokens=len(self.ids))


class PromptReader:
    """Reads requests with one tokenizer; what several have in common is rendered once."""

    def __init__(self, tokenizer: Tokenizer, *, most: int | None = None) -> None:
        self._tokenizer, self._most = tokenizer, most
        self._choices: dict[tuple[str, ...], list[int]] = {}
        self._rendered: dict[tuple[Sequence[Message], Sequence[Tool] | None], list[int] | Unrenderable] = {}

    def read(self, request: Request) -> Prompt | Completion:
        """The request's tokens, or its failed completion where the chat template leaves out a field.

        Raises BadInput where the model has no usable template or vocabulary, or a choice several tokens.
        """
        rendered = self._ids(request)
        if isinstance(rendered, Unrenderable):
            return Completion(finish_reason="error", error=str(rendered))
        choices = self._choice_ids(request.choices)
        has_continuation = request.continuation is not None
        continuation = continuation_ids(self._tokenizer, request, rendered) if has_continuation else []
        return Prompt(request, rendered, choices, continuation)

    def _choice_ids(self, choices: tuple[str, ...]) -> list[int]:
        if choices not in self._choices:
            self._choices[choices] = choice_ids(self._tokenizer, choices)
        return self._choices[choices]

    def _ids(self, request: Request) -> list[int] | Unrenderable:
        conversation = (request.messages, request.tools)
        if conversation not in self._rendered:
            if self._most is not None and len(self._rendered) >= self._most:
                self._rendered.pop(next(iter(self._rendered)))
            self._rendered[conversation] = self._render(request)
        return self._rendered[conversation]

    def _render(self, request: Request) -> list[int] | Unrenderable:
        try:
            return prompt_ids(self._tokenizer, request)
        except Unrenderable as error:
            return error
