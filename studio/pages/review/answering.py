"""What reviewers send: an answer, a step back, and all answers handed in."""

from collections.abc import Awaitable, Callable, Mapping

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from datasets_registry.errors import BadInput, TrimtabError, UnknownVersion
from datasets_registry.registry import Registry
from quality.review.desk import Desk
from quality.review.measures.people import HASTY_SECONDS
from quality.review.reviewers import reviewer_name
from quality.review.tasks import Task
from quality.review.versions import commit_reviews
from studio.pages.asked import registry_of
from studio.pages.review.clock import seconds_since
from studio.pages.review.forms import ForeignForm, form_of
from studio.pages.review.places import end_address, item_address, next_address
from studio.pages.review.samples import opened_desk
from studio.rendering import page

Form = Mapping[str, str]


def sent(act: Callable[[Request, Form], str]) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that lets ``act`` do what a form asks for, and leads to the address that it returns."""

    async def endpoint(request: Request) -> Response:
        try:
            form = await form_of(request)
            return RedirectResponse(await run_in_threadpool(act, request, form), 303)
        except TrimtabError as error:
            status = 403 if isinstance(error, ForeignForm) else 400
            values = {"sentence": str(error), "reference": request.path_params["reference"]}
            return page("review/refused.html", values, status)

    return endpoint


def answer(request: Request, form: Form) -> str:
    """Keep an answer; the next item, or the end once the last is answered, with all answers handed in."""
    reference, reviewer = request.path_params["reference"], reviewer_name(form.get("reviewer", ""))
    registry = registry_of(request)
    desk = opened_desk(registry, reference)
    asked = _desk_of_page(registry, desk, form.get("sample", ""))
    before = asked.task(reviewer, form.get("item", ""))
    seconds = seconds_since(form.get("served", ""))
    asked.record(reviewer, before.item_id, form.get("answer", ""), form.get("note", ""), seconds)
    words = _words(form, before, seconds)
    if asked.version != desk.version:
        words.append("newer")
    following = desk.next_item(reviewer)
    if following is None and not _handed_in(registry):
        words.append("not_handed_in")
    return next_address(following, reference, reviewer, words)


def undo(request: Request, form: Form) -> str:
    """Take back the answer that the page called the last; its item."""
    reference, reviewer = request.path_params["reference"], reviewer_name(form.get("reviewer", ""))
    desk = opened_desk(registry_of(request), reference)
    item_id = desk.undo(reviewer, form.get("last", ""))
    if item_id is None:
        return next_address(desk.next_item(reviewer), reference, reviewer, ["nothing_to_undo"])
    return item_address(reference, reviewer, item_id, ["undone"])


def hand_in(request: Request, form: Form) -> str:
    """Make all answers a version; the end. Raises BadInput or NoSpace where the state cannot be written."""
    reviewer = reviewer_name(form.get("reviewer", ""))
    _commit(registry_of(request))
    return end_address(request.path_params["reference"], reviewer)


def _desk_of_page(registry: Registry, desk: Desk, sample: str) -> Desk:
    """The desk of the version that a page was made of, which may have been followed by another.

    Raises BadInput where it is of another sample. A version that was deleted meanwhile leaves ``desk``.
    """
    if sample == str(desk.version):
        return desk
    try:
        asked = opened_desk(registry, sample)
    except UnknownVersion:
        return desk
    if asked.version.name != desk.version.name:
        raise BadInput(f"the answer is for {sample}, and {desk.version} is open: load the page again")
    return asked


def _words(form: Form, before: Task, seconds: float | None) -> list[str]:
    """What is told of an answer: hasty, or in the place of one that the page showed or not."""
    words = ["hasty"] if seconds is not None and seconds < HASTY_SECONDS else []
    if before.answer and before.answer != form.get("answer"):
        words.append("changed" if before.answer == form.get("shown") else "elsewhere")
    return words


def _handed_in(registry: Registry) -> bool:
    """Hand in after a last answer, which is kept whether that succeeds or not."""
    try:
        _commit(registry)
    except TrimtabError:
        return False
    return True


def _commit(registry: Registry) -> None:
    # the studio's own registry only reads
    writing = Registry(registry.state.prepare())
    try:
        commit_reviews(writing)
    finally:
        writing.engine.dispose()
