"""Where reviewing begins: the samples, who reviewed how much, and a name to go on under."""

from starlette.requests import Request
from starlette.responses import Response

from studio.pages.asked import registry_of
from studio.pages.review.samples import sample_states
from studio.rendering import page


def review_start(request: Request) -> Response:
    """The samples, and a form for each."""
    return start_page(request)


def start_page(request: Request, why_not: str = "", given: str = "") -> Response:
    """The same, where a name was ``given`` that cannot be one: it says why."""
    states = sample_states(registry_of(request))
    values = {"samples": states, "why_not": why_not, "given": given}
    return page("review/start.html", values, 400 if why_not else 200)
