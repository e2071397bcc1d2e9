"""A server that a probe asks short questions, and what it answers, in the words of the /v1 protocol."""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from pydantic import BaseModel, JsonValue

from datasets_registry.errors import BadInput
from generation.engine import EngineSettings
from generation.openai_server.protocol import Fields, Reply, Usage
from generation.remote.answers import Lenient
from generation.remote.keys import key_in
from generation.remote.refusals import field

MOST_TOKENS = 16
ATTEMPTS = 3
MOST_SECONDS = 60.0
_REFUSALS = (400, 404, 405, 413, 415, 422, 500, 501)


class _Details(BaseModel):
    reasoning_tokens: Lenient[int] = None


class _Usage(Usage):
    completion_tokens_details: Lenient[_Details] = None


class Answer(Reply):
    """An answer of the server, and the part of it that a probe looks at."""

    usage: Lenient[_Usage] = None

    @property
    def texts(self) -> list[str]:
        """What each choice says; empty where it says nothing."""
        contents = (choice.message.content for choice in self.choices)
        return [content if isinstance(content, str) else "" for content in contents]

    @property
    def text(self) -> str:
        """What the first choice says."""
        return next(iter(self.texts), "")

    @property
    def ended(self) -> object:
        """Why the first choice ended."""
        return self.choices[0].finish_reason if self.choices else None

    @property
    def num_tokens(self) -> int:
        """Sampled tokens, as far as the server says, else words."""
        counted = self.usage.completion_tokens if self.usage else None
        return counted or len(self.text.split())

    @property
    def num_hidden(self) -> int:
        """Tokens of thought that the server counts."""
        details = self.usage.completion_tokens_details if self.usage else None
        return (details.reasoning_tokens if details else None) or 0


@dataclass(frozen=True)
class Refused:
    """The server's words in place of an answer."""

    words: str


@dataclass(frozen=True)
class Lost:
    """No answer, although the server refused nothing: it was busy, broken or not there."""

    reason: str


class StatusError(Protocol):
    """The error of a provider's client for an answer that is a refusal."""

    status_code: int
    body: object


class Server(ABC):
    """Counts the calls to one server and their tokens; ``answers`` are all that came.

    ``vllm``: it continues an unfinished turn where a field of vLLM's asks for it.
    """

    vllm = False

    def __init__(self, settings: EngineSettings) -> None:
        self.settings = settings
        self.num_calls = self.num_tokens = 0
        self.answers: list[Answer] = []
        self._key = key_in(settings.api_key_env) or ""

    @abstractmethod
    def __enter__(self) -> "Server":
        """Open the client."""

    @abstractmethod
    def __exit__(self, *_: object) -> None:
        """Close it."""

    @abstractmethod
    def _post(self, messages: list[Mapping[str, str]], fields: Fields) -> JsonValue | Refused | Lost:
        """What comes for one call, as a chat completion of the /v1 protocol."""

    @abstractmethod
    def batches(self) -> bool | Refused | Lost:
        """Whether the server lists batches, which costs nothing."""

    @abstractmethod
    def _text(self, call: Callable[[], str]) -> str | Refused | Lost:
        """What ``call`` gives; its client's errors are told apart by ``_refusal``."""

    def ask(self, messages: list[Mapping[str, str]], fields: Fields) -> Answer | Refused | Lost:
        """The answer to one call; raises BadInput where the key is not accepted."""
        reply = self._post(messages, fields)
        if isinstance(reply, Refused | Lost):
            return reply
        try:
            answer = Answer.model_validate(reply)
        except ValueError:
            return Lost("the answer is no completion")
        self.answers.append(answer)
        read = (answer.usage.prompt_tokens if answer.usage else None) or 0
        self.num_tokens += read + answer.num_tokens
        return answer

    def _called(self, call: Callable[[], str]) -> JsonValue | Refused | Lost:
        text = self._text(call)
        if isinstance(text, Refused | Lost):
            return text
        try:
            content: JsonValue = json.loads(text)
        except (ValueError, RecursionError):
            return Lost("the answer is no JSON")
        return content

    def _refusal(self, error: StatusError) -> Refused | Lost:
        """The error as the server's words, or as no answer at all."""
        if error.status_code in (401, 403):
            raise BadInput(
                f"the server of {self.settings.served_model} did not accept the key: put a valid one into "
                f"the environment variable {self.settings.api_key_env or 'that engine.api_key_env names'}"
            ) from None
        if error.status_code not in _REFUSALS:
            return Lost(f"HTTP {error.status_code} after {ATTEMPTS} attempts")
        words = f"HTTP {error.status_code}: {field(error.body, 'message') or error.body}"
        return Refused(words.replace(self._key, "***") if self._key else words)


NOT_THERE = Lost(f"no connection after {ATTEMPTS} attempts")
