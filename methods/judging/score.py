"""Direct scores from 1 to 10: the mean of the judge's answers, weighted by probability (Lee et al. 2023).

Where a tokenizer splits 10 into two tokens, a second call tells it from 1: it asks how probable a 0 is
after a 1. Identical requests are one call, so that scoring a text twice costs once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from pydantic import BaseModel, ConfigDict

from datasets_registry.rows.words import Signal, Way
from generation.completer import Complete
from generation.request import Completion, Message, Request, SamplingParams, keys
from generation.streaming.flow import in_order
from generation.streaming.tasks import Task
from methods.judging.asking import GREEDY, WINDOW, Asking
from methods.judging.questions import Form, own_turn_requests, own_turn_templates, tally
from methods.judging.quotation import quoted, quoted_conversation
from methods.templates import fill

OPENING = "Score: "
ALONE = "answer_score"
DIGITS = tuple(str(digit) for digit in range(1, 10))
SCORES = (*DIGITS, "10")
FORM = Form("Score", SCORES, "a whole number from 1 to 10")
_PARAMS = SamplingParams(temperature=GREEDY, max_tokens=1)


class ScoreSettings(Asking):
    """How a judge scores; whether 10 is one token, as in Llama 3 and at OpenAI.

    A judge that begins its turn itself is never asked for a second token.
    """

    ten_is_one_token: bool = False

    @property
    def way(self) -> Way:
        """The way in one word or two; a score in words is always in a turn of the judge's own."""
        return "text" if self.verdicts == "text" else super().way

    @property
    def num_calls(self) -> int:
        """Calls of one score: samples, or one more where 10 is told from 1 by its second token."""
        return self.samples + (self.way == "begun probabilities" and not self.ten_is_one_token)


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
    sample_keys: tuple[str, ...] = ()


def score_templates(settings: ScoreSettings, signals: Iterable[Signal]) -> tuple[str, ...]:
    """The names of the prompt templates that scores of ``signals`` use."""
    return ("score", *sorted({f"score_{signal}" for signal in signals}), *question_templates(settings))


def question_templates(settings: ScoreSettings) -> tuple[str, ...]:
    """The names of the prompt templates that end a question of ``score_questions``."""
    return own_turn_templates(settings) or (ALONE,)


def score_completions(
    stage: str, scored: Iterable[Scored], complete: Complete, model: str, settings: ScoreSettings
) -> list[Score]:
    """A score, or why there is none, in the order of ``scored``."""
    return score_questions(stage, map(_question, scored), complete, model, settings)


def score_questions(
    stage: str, questions: Iterable[str], complete: Complete, model: str, settings: ScoreSettings
) -> list[Score]:
    """A score for each question, or why there is none; a question says what 1 and 10 stand for."""
    tasks = (_scoring([question], model, settings) for question in questions)
    return [score for (score,) in in_order(complete, stage, tasks, WINDOW)]


def scoring(scored: Iterable[Scored], model: str, settings: ScoreSettings) -> Task[list[Score]]:
    """Scores that are asked for together, by the judge whose fingerprint is ``model``."""
    return _scoring([_question(each) for each in scored], model, settings)


def _scoring(questions: Sequence[str], model: str, settings: ScoreSettings) -> Task[list[Score]]:
    calls = [_requests(question, settings) for question in questions]
    completions = iter((yield list(chain.from_iterable(calls))))
    scores = [read_score([next(completions) for _ in requests], settings) for requests in calls]
    return [
        score.model_copy(update=_keys(keys(model, requests), settings))
        for score, requests in zip(scores, calls, strict=True)
    ]


def _keys(calls: Sequence[str], settings: ScoreSettings) -> dict[str, str | tuple[str, ...]]:
    first, *more = calls
    if not more:
        return {"score_key": first}
    if settings.in_own_turn:
        return {"score_key": first, "sample_keys": tuple(more)}
    return {"score_key": first, "ten_key": more[0]}


def score_requests(scored: Scored, settings: ScoreSettings) -> list[Request]:
    """The call of a score, each sample where replies are counted, or both calls where 10 is two tokens."""
    return _requests(_question(scored), settings)


def _question(scored: Scored) -> str:
    return fill(
        "score",
        question=fill(f"score_{scored.signal}"),
        response=quoted(scored.completion),
        conversation=quoted_conversation(scored.messages),
    )


def _requests(text: str, settings: ScoreSettings) -> list[Request]:
    if settings.in_own_turn:
        return own_turn_requests((), text, FORM, settings)
    message = Message(role="user", content=f"{text}\n\n{fill(ALONE)}")
    if settings.ten_is_one_token:
        return [_request(message, OPENING, SCORES)]
    return [_request(message, OPENING, DIGITS), _request(message, f"{OPENING}1", ("0",))]


def _request(message: Message, opening: str, choices: tuple[str, ...]) -> Request:
    messages = (message, Message(role="assistant", content=opening))
    return Request(messages=messages, params=_PARAMS, choices=choices)


def read_score(completions: Sequence[Completion], settings: ScoreSettings) -> Score:
    """Parse the completions of one score; a failure says why there is none."""
    if settings.verdicts != "probabilities":
        return _from_words(completions, settings)
    return _from_probabilities(completions, settings.max_outside_probability)


def _from_words(completions: Sequence[Completion], settings: ScoreSettings) -> Score:
    """The replies that name a score, counted; none where too many name nothing."""
    replies = tally(completions, FORM, settings)
    if replies.failure:
        return Score(outside_probability=replies.outside, failure=replies.failure)
    return _mean([replies.share(score) for score in SCORES], replies.outside)


def _from_probabilities(completions: Sequence[Completion], max_outside: float) -> Score:
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
    return _mean([p / inside for p in raw], outside)


def _mean(probabilities: Sequence[float], outside: float) -> Score:
    score = sum(grade * p for grade, p in enumerate(probabilities, 1))
    return Score(
        probabilities=tuple(probabilities),
        outside_probability=outside,
        score=score,
        reward=(score - 5.5) / 4.5,
    )
