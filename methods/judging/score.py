"""Direct scores from 1 to 10: the mean of the judge's answers, weighted by probability (Lee et al. 2023).

Where a tokenizer splits 10 into two tokens, a second call tells it from 1: it asks how probable a 0 is
after a 1. Identical requests are one call, so that scoring a text twice costs once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import get_args

from pydantic import BaseModel, ConfigDict, Field

from datasets_registry.rows.words import Signal
from datasets_registry.settings import Settings
from generation.completer import Complete
from generation.request import Completion, Message, Request, SamplingParams
from methods.judging.quotation import quoted, quoted_conversation
from methods.templates import fill

OPENING = "Score: "
DIGITS = tuple(str(digit) for digit in range(1, 10))
_PARAMS = SamplingParams(temperature=0, max_tokens=1)


class ScoreSettings(Settings):
    """How much probability may lie outside the scores; whether 10 is one token, as in Llama 3."""

    max_outside_probability: float = Field(0.5, gt=0, le=1)
    ten_is_one_token: bool = False


@dataclass(frozen=True)
class Scored:
    """A completion to be scored for one signal."""

    messages: tuple[Message, ...]
    completion: str
    signal: Signal


class Score(BaseModel):
    """Normalised probabilities of 1 to 10, the score as their mean, and a reward from -1 to 1."""

    model_config = ConfigDict(frozen=True)

    probabilities: tuple[float, ...] = ()
    outside_probability: float | None = None
    score: float | None = None
    reward: float | None = None
    failure: str | None = None
    score_key: str = ""
    ten_key: str | None = None


def score_templates(signals: Iterable[Signal] = get_args(Signal)) -> tuple[str, ...]:
    """The names of the prompt templates that scores of ``signals`` use."""
    return ("score", *sorted({f"score_{signal}" for signal in signals}))


def score_completions(
    stage: str, scored: Sequence[Scored], complete: Complete, model: str, settings: ScoreSettings
) -> list[Score]:
    """A score, or why there is none, in the order of ``scored``."""
    calls = [score_requests(completion, settings) for completion in scored]
    completions = iter(complete(stage, [request for requests in calls for request in requests]))
    scores = []
    for requests in calls:
        score = read_score([next(completions) for _ in requests], settings.max_outside_probability)
        keys = [request.key(model) for request in requests] + [None]
        scores.append(score.model_copy(update={"score_key": keys[0], "ten_key": keys[1]}))
    return scores


def score_requests(scored: Scored, settings: ScoreSettings) -> list[Request]:
    """The one or two requests of a score."""
    text = fill(
        "score",
        question=fill(f"score_{scored.signal}"),
        response=quoted(scored.completion),
        conversation=quoted_conversation(scored.messages),
    )
    message = Message(role="user", content=text)
    if settings.ten_is_one_token:
        return [_request(message, OPENING, (*DIGITS, "10"))]
    return [_request(message, OPENING, DIGITS), _request(message, f"{OPENING}1", ("0",))]


def _request(message: Message, opening: str, choices: tuple[str, ...]) -> Request:
    messages = (message, Message(role="assistant", content=opening))
    return Request(messages=messages, params=_PARAMS, choices=choices)


def read_score(completions: Sequence[Completion], max_outside: float) -> Score:
    """Parse the completions of one score; a failure says why there is none."""
    for completion in completions:
        if completion.error is not None or not completion.choice_probabilities:
            error = completion.error
            return Score(failure=f"error: {error}" if error else "no choice probabilities")
    raw = list(completions[0].choice_probabilities or ())
    if len(raw) + len(completions) != 11:
        return Score(failure=f"{len(raw)} choice probabilities")
    if len(completions) == 2:
        (ten,) = completions[1].choice_probabilities or (0.0,)
        raw = [raw[0] * (1 - ten), *raw[1:], raw[0] * ten]
    outside, inside = completions[0].outside_probability or 0.0, sum(raw)
    if outside > max_outside or inside <= 0:
        return Score(
            outside_probability=outside, failure=f"{outside:.0%} of the probability lies outside the scores"
        )
    probabilities = tuple(p / inside for p in raw)
    score = sum(grade * p for grade, p in enumerate(probabilities, 1))
    return Score(
        probabilities=probabilities, outside_probability=outside, score=score, reward=(score - 5.5) / 4.5
    )
