"""What a review form sends: read without trust, and only from the studio's own pages."""

import secrets
from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.requests import Request

from datasets_registry.errors import BadInput

FORM_TOKEN = "form_token"
_TYPE = "application/x-www-form-urlencoded"
# a note of 10,000 characters takes at most 120,000 bytes, percent-encoded
_MOST_BYTES, _MOST_FIELDS = 200_000, 20
_FOREIGN = "the form is of no page of the running studio: open the item again, and answer there"


class ForeignForm(BadInput):
    """A form that came from elsewhere, or from a studio that has ended."""


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a form; raises ForeignForm, or BadInput where it cannot be read."""
    if not _is_of_here(request.headers):
        raise ForeignForm(_FOREIGN)
    fields = _fields(await _body(request))
    if not secrets.compare_digest(fields.get(FORM_TOKEN, "").encode(), form_token_of(request).encode()):
        raise ForeignForm(_FOREIGN)
    return fields


def form_token_of(request: Request) -> str:
    """What forms of this studio carry."""
    token: str = request.app.state.form_token
    return token


def _is_of_here(headers: Mapping[str, str]) -> bool:
    """Whether a browser says that the form is of this address; other ports of this machine are not."""
    # the pages' referrer policy makes it null
    origin = headers.get("origin", "null")
    return origin in ("null", f"http://{headers['host']}") and headers.get("sec-fetch-site") in (
        None,
        "same-origin",
    )


async def _body(request: Request) -> bytes:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _TYPE:
        raise BadInput(f"a form is sent as {_TYPE}: answer on the page")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MOST_BYTES:
            raise BadInput(f"the form has more than {_MOST_BYTES:,} bytes: write a shorter note")
    return bytes(body)


def _fields(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS
        )
    except ValueError as error:
        raise BadInput(f"the form cannot be read ({error}): answer on the page") from error
    return {name: value.replace("\r\n", "\n") for name, value in pairs}
