"""The meaning of a /v1 server's errors: a failed row, another attempt, or the end of the run."""

import re

import openai

from datasets_registry.errors import BadInput, ModelFailed, TrimtabError
from datasets_registry.plain_text import plain_line
from generation.openai_server.retrying import Failure, retry_after

SENTENCE = 300
_BUSY = (429, 503, 504, 529)
_RETRIED = (408, 409, 425)
_WINDOW = re.compile(
    r"context.?(length|window|size)|maximum (model|input|prompt) length|max_model_len"
    r"|(prompt|input)\W.{0,40}\btoo long|too many (input )?tokens",
    re.IGNORECASE,
)


class Refusals:
    """Reads the errors of one server's client; the key never enters a message."""

    def __init__(self, server: str, model: str, key: str | None, key_env: str | None) -> None:
        self._server, self._model, self._key, self._key_env = server, model, key, key_env

    def failure(self, error: Exception) -> Failure:
        """The failure that ``error`` is; raises where the run cannot go on."""
        match error:
            case TrimtabError():
                raise error
            case TimeoutError():
                return Failure("hang", "no answer in time: raise engine.timeout_seconds if it is only slow")
            case openai.APIStatusError():
                return self._status(error)
            case openai.APIConnectionError():
                return _connection(error)
            case ValueError() | RecursionError():  # not JSON, or not a chat completion
                return Failure("broken", f"the answer is not a chat completion ({_short(str(error))})")
        raise error

    def _status(self, error: openai.APIStatusError) -> Failure:
        status, sentence = error.status_code, self.sentence(error)
        self._stop_at(status, sentence, error)
        if status in _BUSY:
            return Failure("busy", f"HTTP {status}: {sentence}", retry_after(error.response.headers))
        if status >= 500 or status in _RETRIED:
            return Failure("broken", f"HTTP {status}: {sentence}", retry_after(error.response.headers))
        if _code(error) == "context_length_exceeded" or _WINDOW.search(sentence):
            return Failure("row", f"the prompt and its new tokens exceed the window: {sentence}")
        return Failure("row", f"the server refused the request, HTTP {status}: {sentence}")

    def _stop_at(self, status: int, sentence: str, error: openai.APIStatusError) -> None:
        if status == 401:
            raise BadInput(
                f"the server at {self._server} did not accept the key: {self._key_remedy()}"
            ) from None
        if status == 403:
            raise BadInput(
                f"the server at {self._server} forbids this ({sentence}): {self._key_remedy()}"
            ) from None
        if status in (404, 405):
            raise BadInput(
                f"the server at {self._server} knows no model {self._model!r} or no chat completions "
                f"({sentence}): correct engine.served_model, or engine.base_url, which ends in /v1"
            ) from None
        if status == 402 or _code(error) == "insufficient_quota":
            raise ModelFailed(
                f"the account at {self._server} has no quota left ({sentence}): top it up and rerun; "
                "all finished completions are saved"
            ) from None

    def _key_remedy(self) -> str:
        if self._key_env is None:
            return "name the environment variable that holds it in engine.api_key_env"
        return f"put a valid one into the environment variable {self._key_env}"

    def sentence(self, error: openai.APIStatusError) -> str:
        """The server's own explanation, on one line and not too long."""
        sentence = _field(error, "message") or error.response.text or error.response.reason_phrase
        text = str(sentence)
        return _short(text.replace(self._key, "***") if self._key else text)


def _connection(error: openai.APIConnectionError) -> Failure:
    cause = error.__cause__
    name = type(cause).__name__ if cause else type(error).__name__
    if name in ("ConnectError", "ConnectTimeout"):
        return Failure("unreachable", f"no connection: {_short(str(cause)) or name}")
    if isinstance(error, openai.APITimeoutError):
        return Failure("hang", "no answer in time: raise engine.timeout_seconds if it is only slow")
    return Failure("broken", f"the connection broke: {_short(str(cause)) or name}")


def _field(error: openai.APIStatusError, name: str) -> object:
    body = error.body
    if isinstance(body, dict) and isinstance(body.get("error"), dict):
        body = body["error"]
    return body.get(name) if isinstance(body, dict) else None


def _code(error: openai.APIStatusError) -> object:
    return _field(error, "code") or error.code


def _short(text: str) -> str:
    return plain_line(text, SENTENCE)
