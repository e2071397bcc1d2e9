"""Judges with a planted fault over pairs whose better text is known, and their certificates."""

import json
import random
from collections.abc import Callable, Mapping

import duckdb

from benchmarks.sides.labels.judge_call import shown
from datasets_registry.hashing import derive_seed
from datasets_registry.rows.imported import ChatMessage, HumanPreference
from datasets_registry.rows.judges import HumanAgreement, JudgeFigure
from datasets_registry.rows.rlaif import AiJudgement, CompletionPair, PreferencePair
from datasets_registry.rows.row import to_table
from generation.request import Completion, Request
from generation.scripted import chosen, completing
from methods.judging.comparison import ComparisonSettings
from methods.rlaif.judgements import JudgedPrinciple, JudgementSettings, judge_pairs
from methods.rlaif.labels import LabelSettings, label_pairs
from methods.rlaif.people import AgreementSettings, agree
from quality.judges.certificate import CertificateSettings, certify

BETTER, WORSE = "this is right", "this is wrong"
_SURE, _NOISE = 0.9, 0.1
_FILLER = ("and", "so", "it", "goes", "on", "as", "before")
# P(first) of two texts, by a draw that hangs on the call; None says nothing that can be read
Planted = Callable[[str, str, random.Random], float | None]


def _always_first(first: str, second: str, rng: random.Random) -> float | None:
    return _SURE


def _always_longer(first: str, second: str, rng: random.Random) -> float | None:
    return _SURE if len(first) > len(second) else 1 - _SURE


def _at_random(first: str, second: str, rng: random.Random) -> float | None:
    return rng.choice((_SURE, 1 - _SURE))


def _half_garbled(first: str, second: str, rng: random.Random) -> float | None:
    return _truth(first) if rng.random() < 0.5 else None


def _mostly_right(first: str, second: str, rng: random.Random) -> float | None:
    return 1 - _truth(first) if rng.random() < _NOISE else _truth(first)


def _truth(first: str) -> float:
    return _SURE if BETTER in first else 1 - _SURE


JUDGES: dict[str, Planted] = {
    "always first": _always_first,
    "always longer": _always_longer,
    "random": _at_random,
    "half garbled": _half_garbled,
    "right but for 10 %": _mostly_right,
}
# what each one's certificate must contain in its intervals
_BOTH_RIGHT, _BOTH_WRONG = (1 - _NOISE) ** 2, _NOISE**2
PLANTED: dict[str, dict[str, float]] = {
    "always first": {"first_position_share": 1.0, "slot_kept_share": 1.0, "order_consistency": 0.0},
    "always longer": {"longer_share": 1.0, "slot_kept_share": 0.0},
    "random": {"slot_kept_share": 0.5, "order_consistency": 0.5, "cohen_kappa": 0.0},
    "half garbled": {"parse_rate": 0.5},
    "right but for 10 %": {
        "order_consistency": _BOTH_RIGHT + _BOTH_WRONG,
        "human_accuracy": _BOTH_RIGHT / (_BOTH_RIGHT + _BOTH_WRONG),
    },
}


def pairs(count: int) -> list[CompletionPair]:
    """Pairs of unequal length, one of which is the better by a phrase in it."""
    return [_pair(place) for place in range(count)]


def _pair(place: int) -> CompletionPair:
    rng = random.Random(derive_seed("planted", place))
    lengths = rng.sample(range(3, 30), 2)
    texts = [" ".join(rng.choices(_FILLER, k=length)) for length in lengths]
    better = rng.randrange(2)
    texts = [f"{text} {BETTER if place == better else WORSE}" for place, text in enumerate(texts)]
    if len(texts[0]) == len(texts[1]):
        texts[0] += "."
    name = f"p{place:04d}"
    return CompletionPair(
        pair_id=name,
        prompt_id=name,
        prompt=f"question {place}",
        kind="helpful",
        category="planted",
        split_group=name,
        completion_a=texts[0],
        completion_b=texts[1],
        sample_a=0,
        sample_b=1,
        finish_reason_a="stop",
        finish_reason_b="stop",
        score_a=None,
        score_b=None,
        failure=None,
        key_a=f"{name}a",
        key_b=f"{name}b",
    )


# every way of asking; the last one counts several replies
WAYS: Mapping[str, ComparisonSettings] = {
    "begun probabilities": ComparisonSettings(),
    "begun text": ComparisonSettings(verdicts="text"),
    "probabilities": ComparisonSettings(begun=False),
    "text": ComparisonSettings(verdicts="text", begun=False),
    "schema": ComparisonSettings(verdicts="schema", begun=False),
    "samples": ComparisonSettings(verdicts="text", begun=False, samples=5),
}


def answering(name: str) -> Callable[[Request], str | Completion]:
    """The judge's script, in whatever way it is asked."""

    def script(request: Request) -> str | Completion:
        first, second = shown(request)
        return said(request, JUDGES[name](first, second, random.Random(derive_seed(name, first, second))))

    return script


def said(request: Request, p_first: float | None) -> str | Completion:
    """P(first) as the request wants it; the likelier letter where it wants words."""
    if request.choices:
        return chosen(0.1, 0.1) if p_first is None else chosen(p_first, 1 - p_first)
    if p_first is None:
        return "Neither of them."
    letter = "A" if p_first > 0.5 else "B"
    if request.answer_schema:
        return json.dumps({"verdict": letter})
    return f" {letter}." if request.continues else f"I compared them.\nVerdict: {letter}"


def judged(
    name: str, count: int, comparison: ComparisonSettings | None = None
) -> tuple[list[PreferencePair], dict[str, JudgeFigure]]:
    """The labels and the certificate of a planted judge over ``count`` pairs."""
    asking = comparison or ComparisonSettings()
    judged, complete = pairs(count), completing(answering(name))
    judgements = list(judge_pairs(judged, name, complete, "planted", judging(asking)))
    people = [_preference(row) for row in judged]
    how = AgreementSettings(num_pairs=count, comparison=asking, questions={"right": "Which is right?"})
    agreement = agree(people, name, complete, "planted", how)
    with duckdb.connect() as connection:
        connection.register("ai_judgements", to_table(AiJudgement, judgements))
        connection.register("completion_pairs", to_table(CompletionPair, judged))
        connection.register("human_agreement", to_table(HumanAgreement, agreement))
        figures = certify(connection, CertificateSettings(judges=(name,), policy="planted"), people=True)
    return label_pairs(judged, judgements, LabelSettings()), {row.figure: row for row in figures}


def judging(comparison: ComparisonSettings | None = None) -> JudgementSettings:
    """One principle about all pairs."""
    principle = JudgedPrinciple(signal="helpfulness", preference_question="Which is right?")
    return JudgementSettings(
        **(comparison or ComparisonSettings()).model_dump(),
        signals={"helpful": ("helpfulness",)},
        principles={"right": principle},
    )


def _preference(pair: CompletionPair) -> HumanPreference:
    texts = sorted((pair.completion_a, pair.completion_b), key=lambda text: BETTER not in text)
    return HumanPreference(
        pair_id=pair.pair_id,
        prompt=pair.prompt,
        messages=[ChatMessage(role="user", content=pair.prompt)],
        chosen=texts[0],
        rejected=texts[1],
        score_chosen=None,
        score_rejected=None,
        source="planted",
        licence="Apache-2.0",
    )
