"""Preferences by the verdicts of debates, over all seatings: soft by the judge's probability."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Literal

from datasets_registry.errors import BadInput
from datasets_registry.hashing import content_id
from datasets_registry.rows.oversight.debates import Debate, Protocol
from datasets_registry.rows.oversight.preferences import OversightPreference
from datasets_registry.rows.oversight.questions import OversightQuestion
from datasets_registry.settings import Settings
from methods.method import Inputs, Method, Models

Label = Literal["a", "b", "tie", "unparsed", "unjudged"]


class PreferenceSettings(Settings):
    """The protocol whose verdicts label."""

    protocol: Protocol = "debate"


def make_preferences(
    inputs: Inputs, models: Models, settings: PreferenceSettings
) -> Iterator[OversightPreference]:
    """A preference for each question that the protocol judged; raises BadInput where it judged none."""
    questions = {question.question_id: question for question in inputs.rows(OversightQuestion)}
    judged = (row for row in inputs.stream(Debate) if row.protocol == settings.protocol)
    made = 0
    for preference in preferences(questions.values(), judged):
        made += 1
        yield preference
    if not made:
        raise BadInput(
            f"debates has no rows of protocol {settings.protocol!r}: add it to oversight.debates.protocols, "
            "or name another in oversight.preferences.protocol"
        )


OVERSIGHT_PREFERENCES = Method(make_preferences, PreferenceSettings, OversightPreference)


def preferences(
    questions: Iterable[OversightQuestion], debates: Iterable[Debate]
) -> Iterator[OversightPreference]:
    """The preferences by ``debates`` of one protocol, which come sorted by question."""
    by_id = {question.question_id: question for question in questions}
    for name, seats in groupby(debates, key=attrgetter("question_id")):
        yield _preference(by_id[name], list(seats))


def _preference(question: OversightQuestion, seats: Sequence[Debate]) -> OversightPreference:
    known = [seat.p_a for seat in seats if seat.p_a is not None]
    whole = len(known) == len(seats)
    verdicts = {seat.verdict for seat in seats}
    agree = len(verdicts) == 1 and not verdicts & {"tie", None}
    label = _label(seats, agree=agree, whole=whole)
    a, b = question.answer_a, question.answer_b
    chosen, rejected = {"a": (a, b), "b": (b, a)}.get(label, (None, None))
    return OversightPreference(
        pair_id=content_id(question.question_id, seats[0].protocol),
        question_id=question.question_id,
        problem_id=question.problem_id,
        prompt=question.prompt,
        kind=question.kind,
        split_group=question.split_group,
        protocol=seats[0].protocol,
        judge=seats[0].judge,
        p_a=sum(known) / len(known) if whole else None,
        seats_agree=agree if whole else None,
        num_unverified=sum(seat.num_unverified for seat in seats),
        gold=question.gold,
        agrees=label == question.gold if chosen is not None else None,
        label=label,
        failure=_failure(seats, label),
        chosen=chosen,
        rejected=rejected,
    )


def _label(seats: Sequence[Debate], *, agree: bool, whole: bool) -> Label:
    if whole:
        return seats[0].verdict or "tie" if agree else "tie"
    # a seat on which the judge was not asked is void
    return "unjudged" if any(seat.failure and not seat.num_samples for seat in seats) else "unparsed"


def _failure(seats: Sequence[Debate], label: Label) -> str | None:
    if label == "tie":
        return "seatings disagree" if {"a", "b"} <= {seat.verdict for seat in seats} else "tie"
    return next((seat.failure for seat in seats if seat.failure), None)
