"""Requests as the tokens that an engine reads, or as the failed completions of those that cannot be read."""

import hashlib
import logging
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from datasets_registry.rows.conversation import Tool
from generation.chat import Unrenderable, choice_ids, continuation_ids, prompt_ids
from generation.renderer import renderer
from generation.request import Completion, Message, Request
from generation.templates.opening import open_tokenizer
from generation.templates.thoughts import as_read
from generation.tokenizer import Tokenizer

_log = logging.getLogger(__name__)
# 64 bits: two prompts of one ledger do not share them by accident
DIGEST_DIGITS = 16


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

    @cached_property
    def digest(self) -> str:
        """The hash of the tokens that are read, and of those that are chosen from."""
        tokens = array("q", [*self.read, -1, *self.choices]).tobytes()
        return hashlib.sha256(tokens).hexdigest()[:DIGEST_DIGITS]

    def answered(self, completion: Completion) -> Completion:
        """``completion`` with the hash of the tokens that were read for it."""
        return completion.model_copy(update={"prompt_digest": self.digest, "prompt_renderer": renderer()})

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
        self._drops_thoughts = False
        self._choices: dict[tuple[str, ...], list[int]] = {}
        self._rendered: dict[tuple[Sequence[Message], Sequence[Tool] | None], list[int] | Unrenderable] = {}

    def read(self, request: Request) -> Prompt | Completion:
        """The request's tokens, or its failed completion where the model cannot read it as it is.

        Raises BadInput where the model has no usable template, or a choice not one token.
        """
        rendered = self._ids(request)
        if isinstance(rendered, Unrenderable):
            return Completion(finish_reason="error", error=str(rendered))
        choices = self._choice_ids(request.choices)
        if request.continuation is None:
            return Prompt(request, rendered, choices, [])
        try:
            return Prompt(request, rendered, choices, self._continuation(request, rendered))
        except Unrenderable as error:
            return Completion(finish_reason="error", error=str(error))

    def _continuation(self, request: Request, rendered: Sequence[int]) -> list[int]:
        return continuation_ids(self._tokenizer, self._as_read(request), rendered)

    def _as_read(self, request: Request) -> Request:
        read = as_read(self._tokenizer, request)
        if read is not request and not self._drops_thoughts:
            self._drops_thoughts = True
            _log.info(
                "the chat template of %r drops thoughts of earlier turns: requests are asked without them",
                self._tokenizer.name_or_path,
            )
        return read

    def _choice_ids(self, choices: tuple[str, ...]) -> list[int]:
        if choices not in self._choices:
            self._choices[choices] = choice_ids(self._tokenizer, choices)
        return self._choices[choices]

    def refusal(self, request: Request) -> str | None:
        """Why the model cannot read the request's conversation as it is; None where it can."""
        rendered = self._ids(request)
        return str(rendered) if isinstance(rendered, Unrenderable) else None

    def digest(self, request: Request) -> str | None:
        """The hash of the request's tokens; None where the model cannot read it."""
        prompt = self.read(request)
        return prompt.digest if isinstance(prompt, Prompt) else None

    def _ids(self, request: Request) -> list[int] | Unrenderable:
        conversation = (request.messages, request.tools)
        if conversation not in self._rendered:
            if self._most is not None and len(self._rendered) >= self._most:
                self._rendered.pop(next(iter(self._rendered)))
            self._rendered[conversation] = self._render(request)
        return self._rendered[conversation]

    def _render(self, request: Request) -> list[int] | Unrenderable:
        try:
            return prompt_ids(self._tokenizer, self._as_read(request))
        except Unrenderable as error:
            return error


class FolderPrompts:
    """The prompts that a model's folder makes of requests; its tokenizer is opened at the first one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer; raises BadInput as ``open_tokenizer``."""
        return open_tokenizer(self._folder)

    def digests(self, requests: Sequence[Request]) -> list[str | None]:
        """The hash of each request's tokens, as a completion has it; None where it cannot be read."""
        reader = PromptReader(self.tokenizer, most=256)
        return [reader.digest(request) for request in requests]
