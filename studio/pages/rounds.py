"""The page of a line of rounds: which were healthy, which stopped and why, and the watch's figures."""

from starlette.requests import Request
from starlette.responses import Response

from studio.pages.asked import registry_of, version_of
from studio.pictures.trends import trend
from studio.queries.lines import line_of, moved
from studio.rendering import page


def rounds(request: Request) -> Response:
    """The rounds up to the version's; raises BadInput where it is no verdict and no watch."""
    registry = registry_of(request)
    version = version_of(request, registry)
    line = line_of(registry, version)
    numbers = [each.number for each in line.rounds]
    measured = [each for each in line.figures if each.is_measured]
    return page(
        "rounds.html",
        {
            "version": version,
            "line": line,
            "measured": measured,
            "unmeasured": [each for each in line.figures if not each.is_measured],
            "trends": [(each, trend(each.rows, numbers)) for each in measured],
            "moved": moved,
        },
    )
