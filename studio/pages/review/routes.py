"""Where the review pages stand."""

from starlette.routing import Route

from studio.pages.review.answering import answer, hand_in, sent, undo
from studio.pages.review.end import end, results
from studio.pages.review.item import item
from studio.pages.review.start import review_start

REVIEW = (
    Route("/review", review_start),
    Route("/review/items/{reference:path}", item),
    Route("/review/answer/{reference:path}", sent(answer), methods=["POST"]),
    Route("/review/undo/{reference:path}", sent(undo), methods=["POST"]),
    Route("/review/hand-in/{reference:path}", sent(hand_in), methods=["POST"]),
    Route("/review/end/{reference:path}", end),
    Route("/review/results/{reference:path}", results),
)
