"""The end of a review: a reviewer's own progress, what happens next, and then how far the labels agree."""

from statistics import median

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from datasets_registry.errors import BadInput
from datasets_registry.rows.review.agreement import ReviewFigure
from quality.review.reviewers import reviewer_name
from quality.review.versions import handed_in
from studio.pages.asked import registry_of, words_of
from studio.pages.review.forms import form_token_of
from studio.pages.review.places import item_address
from studio.pages.review.samples import agreement_of, opened_desk
from studio.pages.review.told import sentences
from studio.rendering import page


def end(request: Request) -> Response:
    """What the reviewer did, and how it goes on; whoever has answered nothing is led to the first item."""
    registry, words = registry_of(request), words_of(request)
    reference, reviewer = request.path_params["reference"], reviewer_name(words.get("reviewer", ""))
    desk = opened_desk(registry, reference)
    given = desk.given(reviewer)
    if not given:
        return RedirectResponse(item_address(reference, reviewer), 303)
    is_done = len(given) == len(desk.items)
    seconds = [entry.seconds for entry in given if entry.seconds is not None]
    return page(
        "review/end.html",
        {
            "reviewer": reviewer,
            "reference": reference,
            "sample": desk.version,
            "answered": len(given),
            "of": len(desk.items),
            "seconds": median(seconds) if seconds else None,
            "notes": sum(bool(entry.note) for entry in given),
            "unanswered": desk.unanswered(),
            "last": given[-1].item_id,
            "reviews": handed_in(registry),
            "agreement": agreement_of(registry, desk.version) if is_done else None,
            "form_token": form_token_of(request),
            "told": sentences(words.get("told", "")),
        },
    )


def results(request: Request) -> Response:
    """The agreement measured on a sample; raises BadInput before it is, or for who has items left."""
    registry, words = registry_of(request), words_of(request)
    desk = opened_desk(registry, request.path_params["reference"])
    reviewer = reviewer_name(words["reviewer"]) if "reviewer" in words else None
    if reviewer and len(desk.given(reviewer)) < len(desk.items):
        raise BadInput(
            "results are shown after your last answer, so that they lead nobody on: go on reviewing"
        )
    version = agreement_of(registry, desk.version)
    if version is None:
        raise BadInput(f"no agreement was measured on {desk.version} yet: build review_agreement")
    red = [check for check in registry.checks(version) if not check.passed]
    figures = registry.rows(ReviewFigure, version)
    values = {"sample": desk.version, "version": version, "figures": figures, "red": red}
    return page("review/results.html", values)
