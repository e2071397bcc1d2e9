"""The meaning of the Messages API's errors: a failed row, another attempt, or the end of the run."""

import re

import anthropic

from datasets_registry.errors import BadInput
from generation.remote.refusals import Account, Refused, disconnected, unread
from generation.remote.retrying import Failure

_WINDOW = re.compile(r"prompt is too long|exceeds? (the )?context (limit|window)", re.IGNORECASE)
_CREDIT = re.compile(r"credit balance is too low|(usage|spend) limit", re.IGNORECASE)
_SAMPLING = re.compile(
    r"\b(temperature|top_p)\b.*(deprecated|not (supported|permitted)|cannot both)", re.IGNORECASE
)


class Refusals:
    """Reads the errors of Anthropic's client."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def failure(self, error: Exception) -> Failure:
        """The failure that ``error`` is; raises where the run cannot go on."""
        match error:
            case anthropic.APIStatusError():
                return self._status(error)
            case anthropic.APIConnectionError():
                return disconnected(error, timed_out=isinstance(error, anthropic.APITimeoutError))
        return unread(error, "a message")

    def _status(self, error: anthropic.APIStatusError) -> Failure:
        refused = self._account.refused(error.response, error.body)
        self._stop_at(refused, error.error_code or "")
        if refused.status == 413:
            return Failure("row", f"the request is too large for the server: {refused.sentence}")
        failure = refused.failure
        if failure.kind == "row" and _WINDOW.search(refused.sentence):
            return Failure("row", f"the prompt and its new tokens exceed the window: {refused.sentence}")
        return failure

    def _stop_at(self, refused: Refused, code: str) -> None:
        account = self._account
        if refused.status == 402 or code.endswith("spend_limit_reached") or _is_of_credit(refused):
            raise account.out_of_quota(refused) from None
        account.require_accepted(refused)
        if refused.status in (404, 405):
            raise BadInput(
                f"the server at {account.server} knows no model {account.model!r} ({refused.sentence}): "
                "correct engine.served_model, or engine.base_url, which is left out for Anthropic's own"
            ) from None
        if refused.status == 400 and _SAMPLING.search(refused.sentence):
            raise BadInput(
                f"{account.model} draws at temperature 1 and top_p 1 alone ({refused.sentence}): set both "
                "to 1, and greedy = false for a judge"
            ) from None


def _is_of_credit(refused: Refused) -> bool:
    return refused.status in (400, 403) and bool(_CREDIT.search(refused.sentence))
