"""An AI judge: every pair in both orders, choice probabilities, ties where the orders disagree.

Labels follow RL-CAI (Bai et al. 2022, §4) and RLAIF (Lee et al. 2023, §3): the normalised
probability of each option's letter, averaged over both orders. A judge with a strong liking for a
position can be calibrated: its verdict on two identical responses is nothing but position, and is
taken off (in logits), as content-free calibration does (Zhao et al. 2021).
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from datasets_registry.hashing import draw
from datasets_registry.schemas import TIE_LOGIT, AiJudgement, CompletionPair, PreferencePair
from generation.completer import Complete
from generation.request import Completion, Message, Request, SamplingParams
from methods.constitution import Constitution
from methods.templates import fill

OPENING = "Response"
CHOICES = (" A", " B")
Order = Literal["ab", "ba", "aa", "bb"]
Label = Literal["a", "b", "tie", "unparsed"]
_FLOOR = 1e-6


class JudgeSettings(BaseModel):
    """How principles are drawn, how sure of its choices a judge must be, and its calibration."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_outside_probability: float = Field(0.5, gt=0, le=1)
    calibration: Literal["none", "identical"] = "none"
    seed: int = 0

    @property
    def orders(self) -> tuple[Order, ...]:
        """The judge calls of one pair."""
        return ("ab", "ba", "aa", "bb") if self.calibration == "identical" else ("ab", "ba")


def judge_request(prompt: str, first: str, second: str, question: str) -> Request:
    """One judge call; nothing is drawn, so it has no seed."""
    asked = fill("judge", prompt=prompt, first=first, second=second, question=question)
    return Request(
        messages=(
            Message(role="user", content=asked),
            Message(role="assistant", content=OPENING),
        ),
        params=SamplingParams(temperature=0, max_tokens=1),
        choices=CHOICES,
    )


def judge_requests(
    prompt: str, a: str, b: str, question: str, settings: JudgeSettings
) -> dict[Order, Request]:
    """The judge calls of one pair by order."""
    shown = {"a": a, "b": b}
    return {
        order: judge_request(prompt, shown[order[0]], shown[order[1]], question) for order in settings.orders
    }


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
    """Judge each usable pair in every order under the principle drawn for its prompt."""
    asked: list[tuple[CompletionPair, Order, str, Request]] = []
    for pair in (one for one in pairs if one.failure is None):
        principle = constitution[draw(constitution.ids, settings.seed, pair.prompt_id)]
        requests = judge_requests(
            pair.prompt,
            pair.completion_a,
            pair.completion_b,
            principle.preference_question,
            settings,
        )
        asked += [(pair, order, principle.id, one) for order, one in requests.items()]
    completions = complete("judge calls", [request for *_, request in asked])
    return [
        AiJudgement(
            pair_id=pair.pair_id, order=order, principle_id=principle_id,
            judgement_key=request.key(model),
            **read_verdict(completion, settings.max_outside_probability).model_dump(),
        )
        for (pair, order, principle_id, request), completion in zip(asked, completions, strict=True)
    ]  # fmt: skip


class Preference(BaseModel):
    """What a pair's judge calls say together of ``a`` against ``b``; logits are for ``a``."""

    model_config = ConfigDict(frozen=True)

    label: Label
    logit_ab: float | None = None
    logit_ba: float | None = None
    p_a: float | None = None


def combine(verdicts: Mapping[Order, Verdict | AiJudgement]) -> Preference:
    """One label from a pair's verdicts; a tie where the orders disagree or are too close to call.

    The soft label ``p_a`` is the mean over both orders. Identical responses, where they were
    judged, give the position's share, which is taken off both logits first.
    """
    logits = {order: _logit(one) for order, one in verdicts.items()}
    if any(one is None for one in logits.values()):
        return Preference(label="unparsed")
    known = {order: one for order, one in logits.items() if one is not None}
    position = (known.get("aa", 0.0) + known.get("bb", 0.0)) / 2
    ab, ba = known["ab"] - position, position - known["ba"]
    p_a = (_sigmoid(ab) + _sigmoid(ba)) / 2
    label: Label = "tie"
    if min(ab, ba) > TIE_LOGIT:
        label = "a"
    elif max(ab, ba) < -TIE_LOGIT:
        label = "b"
    return Preference(label=label, logit_ab=ab, logit_ba=ba, p_a=p_a)


def _logit(verdict: Verdict | AiJudgement) -> float | None:
    if verdict.verdict is None or verdict.p_first is None:
        return None
    p = min(max(verdict.p_first, _FLOOR), 1 - _FLOOR)
    return math.log(p / (1 - p))


def _sigmoid(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))


def _tie_reason(preference: Preference) -> str:
    assert preference.logit_ab is not None and preference.logit_ba is not None
    return "the orders disagree" if preference.logit_ab * preference.logit_ba < 0 else "too close to call"


def label_pairs(pairs: Sequence[CompletionPair], judgements: Iterable[AiJudgement]) -> list[PreferencePair]:
    """One row per pair; verdicts meet their pair by id."""
    verdicts: dict[str, dict[Order, AiJudgement]] = {}
    for one in judgements:
        verdicts.setdefault(one.pair_id, {})[one.order] = one
    return [_label(one, verdicts.get(one.pair_id, {})) for one in pairs]


def _label(pair: CompletionPair, verdicts: Mapping[Order, AiJudgement]) -> PreferencePair:
    if {"ab", "ba"} <= verdicts.keys():
        preference = combine(verdicts)
        failure = next((one.failure for one in verdicts.values() if one.failure), None)
        told: dict[str, object] = preference.model_dump() | {
            "failure": _tie_reason(preference) if preference.label == "tie" else failure,
            "principle_id": verdicts["ab"].principle_id,
        }
    else:
        told = {"label": "unjudged", "failure": pair.failure or "a judge call is missing"}
    completions = {"a": pair.completion_a, "b": pair.completion_b}
    empty = dict.fromkeys(("principle_id", "p_a", "logit_ab", "logit_ba"))
    same = pair.model_dump(include={"pair_id", "prompt_id", "prompt", "kind", "category", "split_group"})
    return PreferencePair.model_validate(
        empty | told | same
        | {
            "chosen": completions.get(str(told["label"])),
            "rejected": completions.get({"a": "b", "b": "a"}.get(str(told["label"]), "")),
        }
    )  # fmt: skip
