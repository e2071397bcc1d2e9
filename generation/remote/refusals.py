"""What a server's errors mean, whatever its client: a failed row, another attempt, or the end of the run."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from datasets_registry.errors import BadInput, ModelFailed
from datasets_registry.plain_text import plain_line
from generation.remote.retrying import Failure, retry_after

if TYPE_CHECKING:
    import httpx2

SENTENCE = 300
BUSY = (429, 503, 504, 529)
RETRIED = (408, 409, 425)


@dataclass(frozen=True)
class Refused:
    """An answer that is an error: its status, the server's own sentence and its code for the cause."""

    status: int
    sentence: str
    code: object
    response: "httpx2.Response"

    @property
    def failure(self) -> Failure:
        """An attempt to repeat, or a row that has failed."""
        reason, wait = f"HTTP {self.status}: {self.sentence}", retry_after(self.response.headers)
        if self.status in BUSY:
            return Failure("busy", reason, wait)
        if self.status >= 500 or self.status in RETRIED:
            return Failure("broken", reason, wait)
        return Failure("row", f"the server refused the request, {reason}")


@dataclass(frozen=True)
class Account:
    """Who asks which server for which model; the key never enters a message."""

    server: str
    model: str
    key: str | None
    key_env: str | None

    def refused(self, response: "httpx2.Response", body: object) -> Refused:
        """The error in ``response``, whose JSON is ``body``: its sentence on one line and not too long."""
        text = str(field(body, "message") or response.text or response.reason_phrase)
        cleaned = text.replace(self.key, "***") if self.key else text
        return Refused(response.status_code, short(cleaned), field(body, "code"), response)

    def require_accepted(self, refused: Refused) -> None:
        """Raise BadInput where the server does not take the key."""
        if refused.status == 401:
            raise BadInput(
                f"the server at {self.server} did not accept the key: {self._key_remedy()}"
            ) from None
        if refused.status == 403:
            raise BadInput(
                f"the server at {self.server} forbids this ({refused.sentence}): {self._key_remedy()}"
            ) from None

    def out_of_quota(self, refused: Refused) -> ModelFailed:
        """The account is empty, or may spend no more."""
        return ModelFailed(
            f"the account at {self.server} has no quota left ({refused.sentence}): top it up and rerun; "
            "all finished completions are saved"
        )

    def _key_remedy(self) -> str:
        if self.key_env is None:
            return "name the environment variable that holds it in engine.api_key_env"
        return f"put a valid one into the environment variable {self.key_env}"


def unread(error: Exception, answer: str) -> Failure:
    """The failure of a call whose answer did not come in time or is no ``answer``; raises any other error."""
    match error:
        case TimeoutError():
            return hung()
        case ValueError() | RecursionError():  # not JSON, or of another shape
            return Failure("broken", f"the answer is not {answer} ({short(str(error))})")
    raise error


def hung() -> Failure:
    """No answer came in time."""
    return Failure("hang", "no answer in time: raise engine.timeout_seconds if it is only slow")


def disconnected(error: Exception, *, timed_out: bool) -> Failure:
    """A connection that could not be made, or that broke; ``timed_out`` as the client says."""
    cause = error.__cause__
    name = type(cause).__name__ if cause else type(error).__name__
    if name in ("ConnectError", "ConnectTimeout"):
        return Failure("unreachable", f"no connection: {short(str(cause)) or name}")
    return hung() if timed_out else Failure("broken", f"the connection broke: {short(str(cause)) or name}")


def field(body: object, name: str) -> object:
    """A field of an error's JSON, of its ``error`` where it has one."""
    if isinstance(body, dict) and isinstance(body.get("error"), dict):
        body = body["error"]
    return body.get(name) if isinstance(body, dict) else None


def short(text: str) -> str:
    """The text on one line, cut where it is long."""
    return plain_line(text, SENTENCE)
