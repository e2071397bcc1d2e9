"""Direct scores from 1 to 10: the mean of what a judge may answer, by probability (Lee et al. 2023).

Where a tokenizer writes 10 as two tokens, a second call tells it from 1: it asks how probable a 0 is
after a 1. Identical requests are one call, so that a text that is scored twice costs once.
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
DIGITS = tuple(str(one) for one in range(1, 10))
_PARAMS = SamplingParams(temperature=0, max_tokens=1)


class ScoreSettings(Settings):
    """How sure of a score a judge must be; whether its tokenizer has one token for 10, as Llama 3's."""

    max_outside_probability: float = Field(0.5, gt=0, le=1)
    ten_is_one_token: bool = False


@dataclass(frozen=True)
class Scored:
    """A completion to be scored for one signal."""

    messages: tuple[Message, ...]
    completion: str
    signal: Signal


class Score(BaseModel):
    """Probabilities of 1 to 10, normalised; their mean, and the mean on a scale from -1 to 1."""

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
    stage: str, asked: Sequence[Scored], complete: Complete, model: str, settings: ScoreSettings
) -> list[Score]:
    """A score, or why there is none, in the order of ``asked``."""
    requests = [calls_of(one, settings) for one in asked]
    said = iter(complete(stage, [call for calls in requests for call in calls]))
    scores = []
    for calls in requests:
        found = read_score([next(said) for _ in calls], settings.max_outside_probability)
        keys = [one.key(model) for one in calls] + [None]
        scores.append(found.model_copy(update={"score_key": keys[0], "ten_key": keys[1]}))
    return scores


def calls_of(scored: Scored, settings: ScoreSettings) -> list[Request]:
    """The one or two calls of a score."""
    text = fill(
        "score",
        question=fill(f"score_{scored.signal}"),
        response=quoted(scored.completion),
        conversation=quoted_conversation(scored.messages),
    )
    asked = Message(role="user", content=text)
    if settings.ten_is_one_token:
        return [_request(asked, OPENING, (*DIGITS, "10"))]
    return [_request(asked, OPENING, DIGITS), _request(asked, f"{OPENING}1", ("0",))]


def _request(asked: Message, opening: str, choices: tuple[str, ...]) -> Request:
    messages = (asked, Message(role="assistant", content=opening))
    return Request(messages=messages, params=_PARAMS, choices=choices)


def read_score(completions: Sequence[Completion], max_outside: float) -> Score:
    """Parse the calls of one score."""
    for one in completions:
        if one.error is not None or not one.choice_probabilities:
            return Score(failure=f"error: {one.error}" if one.error else "no choice probabilities")
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
    probabilities = tuple(one / inside for one in raw)
    score = sum(place * p for place, p in enumerate(probabilities, 1))
    return Score(
        probabilities=probabilities, outside_probability=outside, score=score, reward=(score - 5.5) / 4.5
    )
