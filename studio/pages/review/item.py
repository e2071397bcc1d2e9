"""The page of one item: its texts side by side, and nothing of their label."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from datasets_registry.errors import BadInput
from quality.review.desk import Desk
from quality.review.reviewers import reviewer_name
from studio.pages.asked import registry_of, words_of
from studio.pages.review.clock import served_now
from studio.pages.review.forms import form_token_of
from studio.pages.review.places import next_address
from studio.pages.review.samples import opened_desk
from studio.pages.review.shown import choices_of, texts_of, title_of
from studio.pages.review.start import start_page
from studio.pages.review.told import sentences
from studio.rendering import page


def item(request: Request) -> Response:
    """The item that is asked for, or the way to the next one; raises BadInput where no answer can be kept."""
    reference, words = request.path_params["reference"], words_of(request)
    try:
        reviewer = reviewer_name(words.get("reviewer", ""))
    except BadInput as error:
        return start_page(request, str(error), words.get("reviewer", ""))
    desk = opened_desk(registry_of(request), reference)
    # whoever cannot keep an answer is told before they have worked for it
    desk.log.require_writable()
    item_id = words.get("item", "")
    if item_id in desk.items:
        return _page(request, desk, reviewer, item_id, sentences(words.get("told", "")))
    gone = ("gone",) if item_id else ()
    return RedirectResponse(next_address(desk.next_item(reviewer), reference, reviewer, gone), 303)


def _page(request: Request, desk: Desk, reviewer: str, item_id: str, told: list[str]) -> Response:
    task, given = desk.task(reviewer, item_id), desk.given(reviewer)
    return page(
        "review/item.html",
        {
            "task": task,
            "texts": texts_of(task),
            "choices": choices_of(task),
            "stands": title_of(task) if task.answer else "",
            "reviewer": reviewer,
            "reference": request.path_params["reference"],
            "sample": desk.version,
            "answered": len(given),
            "last": given[-1].item_id if given else "",
            "served": served_now(),
            "form_token": form_token_of(request),
            "told": told,
        },
    )
