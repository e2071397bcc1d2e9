"""Debaters that argue in rounds: each turn of all debates is one call, the best of several drawn if asked."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from datasets_registry.hashing import derive_seed
from datasets_registry.rows.oversight.debates import Flaw, Turn
from datasets_registry.rows.oversight.questions import OversightQuestion, Side
from generation.request import Completion, Message, Request
from methods.judging.quotation import quoted
from methods.oversight.asked import Asked
from methods.oversight.flaws import flaw_of
from methods.oversight.quotes import cut, marked, quotes_of
from methods.oversight.settings import DebateSettings
from methods.templates import fill

if TYPE_CHECKING:
    from generation.scoring.outcomes import Answered

# the score of each argument as an answer to what its debater was asked; None where it has none
Choose = Callable[["Sequence[Answered]"], Sequence[float | None]]
OTHER: Mapping[Side, Side] = {"a": "b", "b": "a"}
NOTHING_SAID = "Nothing has been said yet."


@dataclass(slots=True)
class Bout:
    """A question that ``sides`` argue about, in the order in which they speak; one alone is a consultant."""

    question: OversightQuestion
    sides: tuple[Side, ...]
    turns: list[Turn] = field(default_factory=list)
    num_tokens: int = 0
    num_read: int = 0

    @property
    def void(self) -> str | None:
        """Why no verdict is taken: the first turn with a flaw; None where all are sound."""
        flawed = (turn for turn in self.turns if turn.flaw)
        return next(
            (f"side {turn.side} {SAID[turn.flaw]} in round {turn.round}" for turn in flawed if turn.flaw),
            None,
        )

    def answer(self, side: Side) -> str:
        """The answer of a side."""
        return answer_of(self.question, side)


SAID: Mapping[Flaw, str] = {
    "failed": "got no argument",
    "empty": "says nothing",
    "repeats": "repeats what was said",
    "leaks": "says which side it was given",
    "concedes": "gives its answer up",
}


def answer_of(question: OversightQuestion, side: Side) -> str:
    """The answer of a side."""
    return question.answer_a if side == "a" else question.answer_b


def argue(
    bouts: Sequence[Bout], debater: Asked, settings: DebateSettings, choose: Choose | None = None
) -> None:
    """Let the sides of all bouts argue; one that became void is left where it is."""
    for number in range(1, settings.rounds + 1):
        for speaking in _speaking(settings):
            due = [(bout, side) for bout in bouts if not bout.void for side in bout.sides[speaking]]
            if due:
                _speak(due, number, debater, settings, choose)


def _speaking(settings: DebateSettings) -> tuple[slice, ...]:
    """Who of the sides speaks together."""
    return (slice(0, 1), slice(1, 2)) if settings.order == "in_turns" else (slice(0, 2),)


def _speak(
    due: Sequence[tuple[Bout, Side]],
    number: int,
    debater: Asked,
    settings: DebateSettings,
    choose: Choose | None,
) -> None:
    """One turn of each bout and side, all drawn in one call; nobody sees what is said at the same time."""
    drawn = range(settings.best_of)
    requests = [request for bout, side in due for request in _requests(bout, side, settings)]
    completions = iter(debater.complete(f"round {number}", requests))
    keyed = iter(request.key(debater.model) for request in requests)
    several = [[(next(completions), next(keyed)) for _ in drawn] for _ in due]
    scores = _scores(requests, several, choose)
    for (bout, side), arguments, scored in zip(due, several, scores, strict=True):
        # of two sides that say the same at the same time, the second repeats
        bout.turns.append(_turn(bout, side, number, arguments, scored, settings.words))
        bout.num_tokens += sum(completion.num_completion_tokens for completion, _ in arguments)
        bout.num_read += sum(completion.num_prompt_tokens for completion, _ in arguments)


def _requests(bout: Bout, side: Side, settings: DebateSettings) -> Iterator[Request]:
    message = Message(role="user", content=_text(bout, side, settings))
    seed = derive_seed(settings.seed, bout.question.question_id, side)
    for sample in range(settings.best_of):
        yield Request(messages=(message,), params=settings.arguments, seed=seed, sample=sample)


def _text(bout: Bout, side: Side, settings: DebateSettings) -> str:
    shared = {
        "passage": quoted(bout.question.passage or ""),
        "question": quoted(bout.question.prompt),
        "answer": quoted(bout.answer(side)),
        "other": quoted(bout.answer(OTHER[side])),
        "said": _said(bout, side),
        "words": str(settings.words),
    }
    return fill("debate_argument" if len(bout.sides) == 2 else "consultant_argument", **shared)


def _said(bout: Bout, side: Side) -> str:
    """What was said before, as the side sees it."""
    speakers = {side: "You", OTHER[side]: "The other debater"}
    turns = [
        f"{speakers[turn.side]}, round {turn.round}:\n{quoted(marked(turn.argument, turn.quotes))}"
        for turn in bout.turns
    ]
    return "\n\n".join(turns) or NOTHING_SAID


def _scores(
    requests: Sequence[Request], several: Sequence[Sequence[tuple[Completion, str]]], choose: Choose | None
) -> list[list[float | None]]:
    """The score of each argument, all in one call; none without a preference model."""
    if choose is None:
        return [[None for _ in arguments] for arguments in several]
    from generation.scoring.outcomes import Answered

    texts = [completion.text for arguments in several for completion, _ in arguments]
    answers = [Answered(request.messages, text) for request, text in zip(requests, texts, strict=True)]
    scores = iter(choose(answers))
    return [[next(scores) for _ in arguments] for arguments in several]


def _turn(
    bout: Bout,
    side: Side,
    number: int,
    arguments: Sequence[tuple[Completion, str]],
    scores: Sequence[float | None],
    words: int,
) -> Turn:
    """The best of the arguments, the first of equal ones, cut to so many words."""
    best = max(range(len(arguments)), key=lambda place: (_rank(scores[place]), -place))
    completion, key = arguments[best]
    argument, is_cut = cut(completion.text.strip(), words)
    failed = completion.error is not None
    return Turn(
        round=number,
        side=side,
        argument=argument,
        quotes=quotes_of(argument, bout.question.passage or ""),
        num_words=len(argument.split()),
        truncated=is_cut or completion.finish_reason == "length",
        flaw="failed" if failed else flaw_of(argument, [turn.argument for turn in bout.turns]),
        num_drawn=len(arguments),
        score=scores[best],
        completion_key=key,
    )


def _rank(score: float | None) -> float:
    return float("-inf") if score is None else score
