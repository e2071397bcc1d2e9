"""One server of the /v1 protocol, asked short questions as they are: no field is renamed or left out."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import BaseModel, JsonValue

from datasets_registry.errors import BadInput
from generation.engine import EngineSettings
from generation.openai_server.protocol import Fields, Lenient, Reply, Usage

if TYPE_CHECKING:
    import openai

MOST_TOKENS = 16
_ATTEMPTS = 3
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


class Server:
    """Counts the calls to one server and their tokens; ``answers`` are all that came.

    Raises BadInput where the key is not accepted.
    """

    def __init__(self, settings: EngineSettings) -> None:
        self.settings = settings
        self.num_calls = self.num_tokens = 0
        self.answers: list[Answer] = []
        self._key = os.environ.get(settings.api_key_env or "", "").strip()

    def __enter__(self) -> "Server":
        import openai

        self._client = openai.OpenAI(
            base_url=self.settings.base_url,
            api_key=self._key or "none",
            max_retries=_ATTEMPTS - 1,
            timeout=min(60.0, self.settings.timeout_seconds),
        )
        self.model, self.vllm = self._served()
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def ask(self, messages: list[Mapping[str, str]], fields: Fields) -> Answer | Refused | Lost:
        """The answer to one call."""
        self.num_calls += 1
        body = {"messages": messages, **fields}
        reply = self._called(
            lambda: (
                self._client.chat.completions.with_raw_response.create(
                    model=self.model, messages=[], extra_body=body
                ).text
            )
        )
        if isinstance(reply, Refused | Lost):
            return reply
        try:
            answer = Answer.model_validate(reply)
        except ValueError:
            return Lost("the answer is no chat completion")
        self.answers.append(answer)
        read = (answer.usage.prompt_tokens if answer.usage else None) or 0
        self.num_tokens += read + answer.num_tokens
        return answer

    def batches(self) -> JsonValue | Refused | Lost:
        """What the server lists of batches, which costs nothing."""
        return self._called(lambda: self._client.batches.with_raw_response.list(limit=1).text)

    def _served(self) -> tuple[str, bool]:
        listed = self._called(lambda: self._client.models.with_raw_response.list().text)
        entries = listed.get("data") if isinstance(listed, dict) else None
        models = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
        named = self.settings.served_model
        model: Fields = next((entry for entry in models if named in (None, entry.get("id"))), {})
        return named or str(model.get("id", "")), model.get("owned_by") == "vllm"

    def _called(self, call: Callable[[], str]) -> JsonValue | Refused | Lost:
        import openai

        try:
            content: JsonValue = json.loads(call())
            return content
        except openai.APIStatusError as error:
            if error.status_code in (401, 403):
                raise BadInput(
                    f"the server at {self.settings.base_url} did not accept the key: put a valid one into "
                    f"the environment variable {self.settings.api_key_env or 'that engine.api_key_env names'}"
                ) from None
            if error.status_code in _REFUSALS:
                return Refused(self._words(error))
            return Lost(f"HTTP {error.status_code} after {_ATTEMPTS} attempts")
        except openai.APIConnectionError:
            return Lost(f"no connection after {_ATTEMPTS} attempts")
        except (ValueError, RecursionError):
            return Lost("the answer is no JSON")

    def _words(self, error: "openai.APIStatusError") -> str:
        body = error.body
        inner = body.get("error", body) if isinstance(body, dict) else None
        message = inner.get("message") if isinstance(inner, dict) else None
        words = f"HTTP {error.status_code}: {message or error.response.text or error.response.reason_phrase}"
        return words.replace(self._key, "***") if self._key else words
