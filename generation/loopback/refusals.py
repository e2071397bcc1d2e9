"""Refusals, in the words of each protocol."""

from dataclasses import dataclass
from typing import Literal

from pydantic import ValidationError

from generation.loopback.script import Fields

Protocol = Literal["openai", "anthropic", "vllm", "llamacpp"]
# Anthropic's kind of error by its status
_KINDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    529: "overloaded_error",
}


def problem(error: ValidationError) -> tuple[str, str]:
    """The field of the first thing that is wrong with what was sent, and what that is."""
    first = error.errors()[0]
    return ".".join(map(str, first["loc"])), first["msg"]


@dataclass
class Refused(Exception):
    """A request that is not served: the status, why, and the field and the code that OpenAI names."""

    status: int
    message: str
    param: str | None = None
    code: str | None = None
    kind: str = "invalid_request_error"

    def body(self, protocol: Protocol) -> Fields:
        """The answer's JSON."""
        kind = _KINDS.get(self.status, "api_error")
        if protocol == "anthropic":
            named: Fields = {"type": kind, "message": self.message}
            return {"type": "error", "error": named, "request_id": "req_loopback"}
        error: Fields = {"message": self.message, "param": self.param}
        if protocol == "vllm":
            error |= {"type": "NotFoundError" if self.status == 404 else "BadRequestError"}
            return {"error": {**error, "code": self.status}}
        if protocol == "llamacpp":
            return {"error": {"message": self.message, "type": kind, "code": self.status}}
        return {"error": {**error, "type": self.kind, "code": self.code}}
