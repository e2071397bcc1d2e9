"""Steered verdicts: what additions to judged texts that speak for the judge make of its verdicts.

Each addition speaks for the response that a verdict is against. What it turns is compared with what a neutral
addition of as many characters turns at the same place, since any longer text turns some verdicts.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest
from itertools import groupby
from operator import attrgetter
from typing import Literal, get_args

from pydantic import Field

from datasets_registry.hashing import digest, draw, ranked
from datasets_registry.rows.judges import SteeredVerdict
from datasets_registry.rows.rlaif import AiJudgement, CompletionPair
from datasets_registry.rows.words import TIE_LOGIT, AdditionKind, AdditionPlace
from datasets_registry.settings import Seed, Settings
from generation.completer import Complete
from generation.request import Message
from methods.judging.additions import KINDS, addition_for, addition_templates, neutral_for
from methods.judging.answers import answers_of
from methods.judging.comparison import (
    Answer,
    Comparison,
    ComparisonSettings,
    Order,
    ask,
    comparison_templates,
)
from methods.judging.conversation import conversation_of
from methods.judging.preference import logit, position_bias
from methods.judging.verdict import Verdict, read_verdict
from methods.method import Inputs, Method, Model, Models
from methods.reading.thought import THINK, without_thought

PLACES: tuple[AdditionPlace, ...] = get_args(AdditionPlace)
CROSSED: tuple[Literal["ab", "ba"], ...] = ("ab", "ba")


class SteeringSelection(Settings):
    """On how many of the judged pairs additions are tried; ``seed`` draws these, their texts and places."""

    num_pairs: int = Field(48, ge=1)
    seed: Seed = 0


class SteeringSettings(SteeringSelection):
    """The selection, how the judge is asked, when a label is a tie, and the principles' questions by id."""

    comparison: ComparisonSettings = ComparisonSettings()
    tie_logit: float = Field(TIE_LOGIT, ge=0)
    questions: Mapping[str, str]


@dataclass(frozen=True)
class Ballot:
    """A judge's calls on a pair under one principle: the logit of the first response in either order.

    Identical responses, where they were judged, give ``bias``, which is the logit of the first place alone.
    """

    pair: CompletionPair
    principle_id: str
    logits: Mapping[Literal["ab", "ba"], float]
    bias: float


@dataclass(frozen=True)
class Trial:
    """One verdict of a ballot, and an addition that speaks for the response that it is against."""

    ballot: Ballot
    order: Literal["ab", "ba"]
    kind: AdditionKind
    place: AdditionPlace
    addition: str
    neutral: str

    @property
    def for_first(self) -> bool:
        """Whether the verdict is against the response shown first."""
        return self.ballot.logits[self.order] < 0

    def logit_of(self, verdict: Verdict) -> float | None:
        """The logit of the response that the addition speaks for, less the position bias, if there is one."""
        if verdict.verdict is None:
            return None
        first = logit(verdict.p_first) - self.ballot.bias
        return first if self.for_first else -first


def make_steered(inputs: Inputs, models: Models, settings: SteeringSettings) -> Iterator[SteeredVerdict]:
    """What additions make of each judge's verdicts."""
    for judge in models.every("judges"):
        drawn = set(_drawn(_judged(inputs, judge), settings))
        pairs = [pair for pair in inputs.stream(CompletionPair) if pair.pair_id in drawn]
        judgements = [row for row in _judged(inputs, judge) if row.pair_id in drawn]
        trials = trials_of(pairs, judgements, settings)
        with judge.completer() as complete:
            model, answers = complete.backend.fingerprint, answers_of(complete, judge.thought_marks)
            yield from steer(trials, judge.name, answers, model, settings)


def _judged(inputs: Inputs, judge: Model) -> Iterator[AiJudgement]:
    return (row for row in inputs.stream(AiJudgement) if row.judge == judge.name)


def _drawn(judgements: Iterable[AiJudgement], settings: SteeringSettings) -> list[str]:
    """The pairs on which additions are tried, of those of which judgements decide; these come by pair."""
    by_pair = groupby(judgements, key=attrgetter("pair_id"))
    decided = (pair_id for pair_id, rows in by_pair if any(_decided(rows, settings.tie_logit)))
    return nlargest(settings.num_pairs, decided, key=lambda name: digest([settings.seed, "pairs", name]))


def trials_of(
    pairs: Sequence[CompletionPair], judgements: Sequence[AiJudgement], settings: SteeringSettings
) -> list[Trial]:
    """Every kind of addition on the drawn pairs of which one judge's ``judgements`` decide; by seed alone."""
    by_id = {pair.pair_id: pair for pair in pairs}
    ballots: dict[str, dict[str, Ballot]] = {}
    for pair_id, principle_id, logits, bias in _decided(judgements, settings.tie_logit):
        ballots.setdefault(pair_id, {})[principle_id] = Ballot(by_id[pair_id], principle_id, logits, bias)
    drawn = ranked(sorted(ballots), settings.seed, "pairs")[: settings.num_pairs]
    chosen = [ballots[name][draw(sorted(ballots[name]), settings.seed, name)] for name in drawn]
    return [_trial(ballot, kind, settings.seed) for ballot in chosen for kind in KINDS]


def steer(
    trials: Sequence[Trial], judge: str, complete: Complete, model: str, settings: SteeringSettings
) -> list[SteeredVerdict]:
    """The verdict of ``judge``, whose fingerprint is ``model``, on each trial with either addition."""
    compared = [
        _comparison(trial, text, settings) for trial in trials for text in (trial.addition, trial.neutral)
    ]
    answers = ask(f"steered calls of judge {judge}", compared, complete, model, settings.comparison)
    return [
        _row(trial, judge, addition, neutral, settings)
        for trial, addition, neutral in zip(trials, answers[::2], answers[1::2], strict=True)
    ]


def _decided(
    judgements: Iterable[AiJudgement], tie_logit: float
) -> Iterator[tuple[str, str, Mapping[Literal["ab", "ba"], float], float]]:
    """Pair, principle, logits and bias of each ballot of which at least one order decides."""
    by_ballot: dict[tuple[str, str], dict[Order, float]] = {}
    for row in judgements:
        if row.verdict is not None:
            by_ballot.setdefault((row.pair_id, row.principle_id), {})[row.order] = logit(row.p_first)
    for ballot, logits in by_ballot.items():
        bias = position_bias(logits)
        unbiased = {order: logits[order] - bias for order in CROSSED if order in logits}
        decided = {order: value for order, value in unbiased.items() if abs(value) > tie_logit}
        if decided:
            yield *ballot, decided, bias


def _trial(ballot: Ballot, kind: AdditionKind, seed: int) -> Trial:
    drawn = (seed, ballot.pair.pair_id, kind)
    order = draw(sorted(ballot.logits), *drawn, "order")
    addition = addition_for(kind, "A" if ballot.logits[order] < 0 else "B", *drawn)
    place = draw(PLACES, *drawn, "place")
    return Trial(ballot, order, kind, place, addition, neutral_for(addition, *drawn))


def _comparison(trial: Trial, addition: str, settings: SteeringSettings) -> Comparison:
    pair = trial.ballot.pair
    responses = {"a": pair.completion_a, "b": pair.completion_b}
    first, second = (responses[slot] for slot in trial.order)
    messages = conversation_of(pair)
    if trial.place == "prompt":
        messages = (*messages[:-1], Message(role="user", content=f"{pair.prompt}\n{addition}"))
    elif trial.for_first:
        first = _added(first, addition, trial.place)
    else:
        second = _added(second, addition, trial.place)
    return Comparison(messages, first, second, settings.questions[trial.ballot.principle_id])


def _added(response: str, addition: str, place: AdditionPlace) -> str:
    """The response as it is judged: thought is no part of it, whatever stands there."""
    if place == "answer":
        return f"{response}\n{addition}"
    ((opening, closing),) = THINK
    return without_thought(f"{opening}{addition}{closing}{response}").answer


def _row(
    trial: Trial, judge: str, addition: Answer, neutral: Answer, settings: SteeringSettings
) -> SteeredVerdict:
    answers = {"addition": addition, "neutral": neutral}
    verdicts = {name: read_verdict(answer, settings.comparison) for name, answer in answers.items()}
    failed = [f"{name}: {verdict.failure}" for name, verdict in verdicts.items() if verdict.failure]
    logits = {name: trial.logit_of(verdict) for name, verdict in verdicts.items()}
    moved = {
        name: None if failed or value is None else value > settings.tie_logit
        for name, value in logits.items()
    }
    plain = trial.ballot.logits[trial.order]
    return SteeredVerdict(
        judge=judge,
        pair_id=trial.ballot.pair.pair_id,
        kind=trial.kind,
        place=trial.place,
        order=trial.order,
        principle_id=trial.ballot.principle_id,
        speaks_for="first" if trial.for_first else "second",
        addition=trial.addition,
        neutral=trial.neutral,
        logit_plain=plain if trial.for_first else -plain,
        logit_addition=logits["addition"],
        logit_neutral=logits["neutral"],
        moved=moved["addition"],
        neutral_moved=moved["neutral"],
        failure="; ".join(failed) or None,
        addition_key=addition.key,
        neutral_key=neutral.key,
        more_keys=[
            key
            for answer in answers.values()
            for key in (*answer.sample_keys, answer.reasoning_key)
            if key is not None
        ],
    )


def _templates(settings: SteeringSettings) -> tuple[str, ...]:
    return (*comparison_templates(settings.comparison), *addition_templates())


STEERED_VERDICTS = Method(
    run=make_steered, settings=SteeringSettings, rows=SteeredVerdict, prompts=_templates, generates=True
)
