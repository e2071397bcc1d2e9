"""The meaning of a /v1 server's errors: a failed row, another attempt, or the end of the run."""

import re

import openai

from datasets_registry.errors import BadInput
from generation.remote.refusals import Account, Refused, disconnected, unread
from generation.remote.retrying import Failure

_WINDOW = re.compile(
    r"context.?(length|window|size)|maximum (model|input|prompt) length|max_model_len"
    r"|(prompt|input)\W.{0,40}\btoo long|too many (input )?tokens",
    re.IGNORECASE,
)


class Refusals:
    """Reads the errors of one server's client."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def failure(self, error: Exception) -> Failure:
        """The failure that ``error`` is; raises where the run cannot go on."""
        match error:
            case openai.APIStatusError():
                return self._status(error)
            case openai.APIConnectionError():
                return disconnected(error, timed_out=isinstance(error, openai.APITimeoutError))
        return unread(error, "a chat completion")

    def _status(self, error: openai.APIStatusError) -> Failure:
        refused = self._account.refused(error.response, error.body)
        code = refused.code or error.code
        self._stop_at(refused, code)
        failure = refused.failure
        if failure.kind == "row" and (code == "context_length_exceeded" or _WINDOW.search(refused.sentence)):
            return Failure("row", f"the prompt and its new tokens exceed the window: {refused.sentence}")
        return failure

    def _stop_at(self, refused: Refused, code: object) -> None:
        self._account.require_accepted(refused)
        if refused.status in (404, 405):
            raise BadInput(
                f"the server at {self._account.server} knows no model {self._account.model!r} or no chat "
                f"completions ({refused.sentence}): correct engine.served_model, or engine.base_url, which "
                "ends in /v1"
            ) from None
        if refused.status == 402 or code == "insufficient_quota":
            raise self._account.out_of_quota(refused) from None
