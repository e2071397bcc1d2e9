"""Who may ask: keys, and the version that Anthropic's protocol asks for."""

from generation.loopback.dialects import Dialect
from generation.loopback.messages import SAMPLING, UNSAMPLED, VERSION
from generation.loopback.refusals import Protocol, Refused
from generation.loopback.wire import Call

MESSAGES = "/v1/messages"


def check_key(call: Call, key: str | None, dialect: Dialect, protocol: Protocol) -> None:
    """Raises Refused where the server has a key and the call another, or none."""
    public = dialect.owner == "llamacpp" and call.path.startswith("/v1/models")
    given = given_key(call)
    if key is None or public or given == key:
        return
    if protocol == "anthropic":
        raise Refused(401, "invalid x-api-key" if given else "x-api-key header is required")
    if not given:
        raise Refused(401, "You didn't provide an API key.")
    # like OpenAI's server, which gives back the first and the last letters
    shown = f"{given[:8]}{'*' * 8}{given[-4:]}"
    raise Refused(401, f"Incorrect API key provided: {shown}.", None, "invalid_api_key")


def given_key(call: Call) -> str:
    """The key that a call has, in either protocol's header."""
    bearer = call.headers.get("authorization", "").removeprefix("Bearer ")
    return call.headers.get("x-api-key", "") or bearer


def check_version(call: Call) -> None:
    """Raises Refused where Anthropic's version header is missing or unknown, or knows no sampling."""
    given = call.headers.get("anthropic-version")
    if given is None:
        raise Refused(400, "anthropic-version: header is required")
    if given == UNSAMPLED:
        # any value, the default too; a batch's requests stand below it
        for name in SAMPLING if call.path == MESSAGES and call.method == "POST" else ():
            if name in call.body:
                raise Refused(400, f"{name}: Extra inputs are not permitted")
    elif given != VERSION:
        raise Refused(400, f"anthropic-version: {given!r} is not a valid version")
