"""An AI judge: every pair in both orders, choice probabilities, ties where the orders disagree.

Labels follow RL-CAI (Bai et al. 2022, §4) and RLAIF (Lee et al. 2023, §3): the normalised
probability of each option's letter, averaged over both orders.
"""

import tomllib
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from datasets_registry.hashing import draw
from datasets_registry.schemas import AiJudgement, CompletionPair, PreferencePair
from generation.completer import Complete
from generation.request import Completion, Message, Request, SamplingParams
from methods.constitution import Constitution
from methods.templates import FOLDER, fill

EXAMPLES = FOLDER / "judge_examples.toml"
OPENING = "Response"
CHOICES = (" A", " B")
Order = Literal["ab", "ba"]


class JudgeSettings(BaseModel):
    """How principles are drawn, and how sure of its choices a judge must be to be heard."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_outside_probability: float = Field(0.5, gt=0, le=1)
    seed: int = 0


class Comparison(BaseModel):
    """Two responses to compare under one question."""

    model_config = ConfigDict(frozen=True)

    prompt: str
    first: str
    second: str
    question: str


class Example(Comparison):
    """A comparison with its answer, shown to the judge."""

    better: Literal["first", "second"]


@cache
def examples() -> tuple[Example, ...]:
    """The judge's worked examples."""
    content = tomllib.loads(EXAMPLES.read_text(encoding="utf-8"))
    return tuple(Example.model_validate(one) for one in content["examples"])


def judge_request(comparison: Comparison) -> Request:
    """The judge call for one comparison in one order; nothing is drawn, so it has no seed."""
    turns: list[Message] = []
    for example in examples():
        answer = CHOICES[0 if example.better == "first" else 1]
        turns += [_question(example), Message(role="assistant", content=OPENING + answer)]
    turns += [_question(comparison), Message(role="assistant", content=OPENING)]
    return Request(
        messages=tuple(turns), params=SamplingParams(temperature=0, max_tokens=1), choices=CHOICES
    )


def _question(comparison: Comparison) -> Message:
    return Message(
        role="user",
        content=fill("judge", **comparison.model_dump(include=set(Comparison.model_fields))),
    )


def both_orders(prompt: str, a: str, b: str, question: str) -> tuple[Request, Request]:
    """The judge calls with ``a`` first, and with ``b`` first."""
    ab = Comparison(prompt=prompt, first=a, second=b, question=question)
    ba = Comparison(prompt=prompt, first=b, second=a, question=question)
    return judge_request(ab), judge_request(ba)


class Verdict(BaseModel):
    """What one judge call says of its first response."""

    model_config = ConfigDict(frozen=True)

    p_first: float | None = None
    outside_probability: float | None = None
    verdict: Literal["first", "second", "even"] | None = None
    failure: str | None = None


def read_verdict(completion: Completion, max_outside: float) -> Verdict:
    """Parse a judge call; a verdict is never guessed, a failure says why there is none."""
    if completion.error is not None:
        return Verdict(failure=f"error: {completion.error}")
    probabilities = completion.choice_probabilities
    if probabilities is None or len(probabilities) != len(CHOICES) or sum(probabilities) <= 0:
        return Verdict(failure="no choice probabilities")
    outside = completion.outside_probability or 0.0
    p_first = probabilities[0] / sum(probabilities)
    if outside > max_outside:
        return Verdict(
            p_first=p_first, outside_probability=outside,
            failure=f"{outside:.0%} of the probability lies outside the choices",
        )  # fmt: skip
    verdict: Literal["first", "second", "even"] = "even"
    if p_first != 0.5:
        verdict = "first" if p_first > 0.5 else "second"
    return Verdict(p_first=p_first, outside_probability=outside, verdict=verdict)


def judge_pairs(
    pairs: Iterable[CompletionPair], constitution: Constitution, complete: Complete, model: str,
    settings: JudgeSettings,
) -> list[AiJudgement]:  # fmt: skip
    """Judge each usable pair in both orders under the principle drawn for its prompt."""
    asked: list[tuple[CompletionPair, Order, str, Request]] = []
    for pair in (one for one in pairs if one.failure is None):
        principle = constitution[draw(constitution.ids, settings.seed, pair.prompt_id)]
        ab, ba = both_orders(
            pair.prompt, pair.completion_a, pair.completion_b, principle.preference_question
        )
        asked += [(pair, "ab", principle.id, ab), (pair, "ba", principle.id, ba)]
    completions = complete("both orders", [request for *_, request in asked])
    return [
        AiJudgement(
            pair_id=pair.pair_id, order=order, principle_id=principle_id,
            judgement_key=request.key(model),
            **read_verdict(completion, settings.max_outside_probability).model_dump(),
        )
        for (pair, order, principle_id, request), completion in zip(asked, completions, strict=True)
    ]  # fmt: skip


def combine(ab: Verdict | AiJudgement, ba: Verdict | AiJudgement) -> tuple[str, float | None]:
    """The label of ``a`` against ``b`` ("a", "b", "tie", "unparsed") and P(a is better)."""
    if ab.p_first is None or ba.p_first is None or ab.verdict is None or ba.verdict is None:
        return "unparsed", None
    p_a = (ab.p_first + 1 - ba.p_first) / 2
    if ab.verdict == ba.verdict or "even" in (ab.verdict, ba.verdict):
        return "tie", p_a
    return ("a" if ab.verdict == "first" else "b"), p_a


def label_pairs(
    pairs: Sequence[CompletionPair], judgements: Iterable[AiJudgement]
) -> list[PreferencePair]:
    """One row per pair; verdicts meet their pair by id."""
    verdicts = {(one.pair_id, one.order): one for one in judgements}
    return [
        _label(one, verdicts.get((one.pair_id, "ab")), verdicts.get((one.pair_id, "ba")))
        for one in pairs
    ]


def _label(pair: CompletionPair, ab: AiJudgement | None, ba: AiJudgement | None) -> PreferencePair:
    if ab is None or ba is None:
        label, p_a, failure = "unjudged", None, pair.failure or "a judge call is missing"
    else:
        label, p_a = combine(ab, ba)
        failure = "the orders disagree" if label == "tie" else ab.failure or ba.failure
    completions = {"a": pair.completion_a, "b": pair.completion_b}
    return PreferencePair.model_validate(
        {
            "pair_id": pair.pair_id, "prompt_id": pair.prompt_id, "prompt": pair.prompt,
            "kind": pair.kind, "category": pair.category, "split_group": pair.split_group,
            "principle_id": ab.principle_id if ab else None, "p_a": p_a, "label": label,
            "failure": failure, "chosen": completions.get(label),
            "rejected": completions.get({"a": "b", "b": "a"}.get(label, "")),
        }
    )  # fmt: skip
