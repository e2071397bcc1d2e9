"""Debates about passages that the judge cannot read, with every protocol beside them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from datasets_registry.rows.oversight.debates import Debate
from datasets_registry.rows.oversight.questions import OversightQuestion, Side
from methods.oversight.arguing import Bout, Choose, argue
from methods.oversight.asked import Asked
from methods.oversight.seats import SEATINGS, Opinion, Seat, row_of, void
from methods.oversight.settings import DebateSettings
from methods.oversight.verdicts import (
    argued_text,
    blind_text,
    judge_by_itself,
    judge_texts,
    passage_text,
    seated,
)

SIDES: tuple[Side, Side] = ("a", "b")
NO_CHOICE = "the consultant chose no answer"


@dataclass
class Argued:
    """What debaters said of some questions: debates by question and seating, consultants by question and
    side, and the side that an open consultant chose.
    """

    debater: str
    debates: dict[tuple[str, bool], Bout] = field(default_factory=dict)
    consultants: dict[tuple[str, Side], Bout] = field(default_factory=dict)
    chosen: dict[str, Side | None] = field(default_factory=dict)


def argue_passages(
    questions: Sequence[OversightQuestion],
    debater: Asked,
    settings: DebateSettings,
    choose: Choose | None = None,
) -> Argued:
    """All that debaters say of the questions, a turn of all at once."""
    argued = Argued(debater.name)
    if "open_consultancy" in settings.protocols:
        argued.chosen = _choices(questions, debater, settings)
    for question in questions:
        _open(question, argued, settings)
    # a simultaneous debate is one for both seatings
    bouts = {id(bout): bout for bout in (*argued.debates.values(), *argued.consultants.values())}
    argue(list(bouts.values()), debater, settings, choose)
    return argued


def _open(question: OversightQuestion, argued: Argued, settings: DebateSettings) -> None:
    name = question.question_id
    if "debate" in settings.protocols:
        shared = Bout(question, SIDES)
        for swap in SEATINGS:
            in_turns = settings.order == "in_turns"
            argued.debates[name, swap] = Bout(question, seated(swap)) if in_turns else shared
    assigned = SIDES if "consultancy" in settings.protocols else ()
    for side in {*assigned, argued.chosen.get(name)} - {None}:
        if side is not None:
            argued.consultants[name, side] = Bout(question, (side,))


def _choices(
    questions: Sequence[OversightQuestion], debater: Asked, settings: DebateSettings
) -> dict[str, Side | None]:
    """The answer that a consultant who has read the passage finds likelier, over both seatings."""
    seats = [Seat(question, "direct", swap) for question in questions for swap in SEATINGS]
    texts = [passage_text(seat.question, seat.swap) for seat in seats]
    opinions = iter(judge_texts("choices of a side", seats, texts, debater, settings))
    chosen: dict[str, Side | None] = {}
    for question in questions:
        both = [next(opinions).p_a for _ in SEATINGS]
        known = [p_a for p_a in both if p_a is not None]
        total = sum(known)
        undecided = len(known) < len(both) or total == 1
        chosen[question.question_id] = None if undecided else "a" if total > 1 else "b"
    return chosen


def judge_passages(
    questions: Sequence[OversightQuestion], argued: Argued, judge: Asked, settings: DebateSettings
) -> Iterator[Debate]:
    """The rows of every protocol of the questions, in both seatings."""
    seats = [
        seat
        for question in questions
        for swap in SEATINGS
        for seat in _seats(question, swap, argued, settings)
    ]
    sound = [(seat, text) for seat, text, reason in seats if reason is None]
    judged = judge_texts(
        "verdicts", [seat for seat, _ in sound], [text for _, text in sound], judge, settings
    )
    opinions = {_place(seat): opinion for (seat, _), opinion in zip(sound, judged, strict=True)}
    opinions |= {_place(seat): void(reason) for seat, _, reason in seats if reason is not None}
    for seat, _, _ in seats:
        yield row_of(seat, opinions[_place(seat)], judge.name)
    if "self_consistency" in settings.protocols:
        yield from _by_itself([seat for seat, _, _ in seats], opinions, judge, settings)


Place = tuple[str, str, str, bool]


def _place(seat: Seat) -> Place:
    return seat.question.question_id, seat.protocol, seat.argued, seat.swap


def _seats(
    question: OversightQuestion, swap: bool, argued: Argued, settings: DebateSettings
) -> Iterator[tuple[Seat, str, str | None]]:
    """Each seat with what its judge reads, or the reason why it is not judged."""
    name, protocols = question.question_id, settings.protocols
    if "naive" in protocols:
        yield Seat(question, "naive", swap), blind_text(question, swap), None
    if "direct" in protocols:
        yield Seat(question, "direct", swap), passage_text(question, swap), None
    if "consultancy" in protocols:
        for side in SIDES:
            yield _heard(
                Seat(question, "consultancy", swap, side, argued.debater), argued.consultants[name, side]
            )
    if "open_consultancy" in protocols:
        side_chosen = argued.chosen[name]
        if side_chosen is None:
            yield Seat(question, "open_consultancy", swap, "none", argued.debater), "", NO_CHOICE
        else:
            seat = Seat(question, "open_consultancy", swap, side_chosen, argued.debater)
            yield _heard(seat, argued.consultants[name, side_chosen])
    if "debate" in protocols:
        yield _heard(Seat(question, "debate", swap, "both", argued.debater), argued.debates[name, swap])


def _heard(seat: Seat, bout: Bout) -> tuple[Seat, str, str | None]:
    heard = replace(seat, turns=tuple(bout.turns), num_tokens=bout.num_tokens, num_read=bout.num_read)
    return heard, argued_text(bout, seat.swap), bout.void


def _by_itself(
    seats: Sequence[Seat], opinions: Mapping[Place, Opinion], judge: Asked, settings: DebateSettings
) -> Iterator[Debate]:
    """The judge's own replies at as many tokens as the debate of the same question and seating took."""
    budgets = {
        Seat(seat.question, "self_consistency", seat.swap): seat.num_tokens
        + opinions[_place(seat)].num_tokens
        for seat in seats
        if seat.protocol == "debate"
    }
    for seat, opinion in judge_by_itself(budgets, judge, settings).items():
        yield row_of(seat, opinion, judge.name)
