"""What a judge said of answers: the stored calls behind their grades."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import SuiteAnswer
from quality.auditing.explanation import Call, stored_calls
from quality.evaluation.report.flipped import Flipped

_MOST_CHOICES = 3


@dataclass(frozen=True)
class Said:
    """One call of a judge: what it wrote and thought, and the likeliest of the words that it could choose."""

    model: str
    text: str
    likely: Mapping[str, float]
    thought: str = ""
    missing: str = ""


# by the key of the call
Words = Mapping[str, Said]


def judge_words(registry: Registry, shown: Sequence[Flipped]) -> Words:
    """The judge's words behind the grades of both answers of each flip."""
    answers: list[SuiteAnswer] = [answer for each in shown for answer in (each.flip.before, each.flip.after)]
    keys = {key: None for answer in answers for grade in answer.grades for key in grade.keys}
    return {key: _said(call) for key, call in stored_calls(registry, list(keys)).items()}


def _said(call: Call) -> Said:
    if "missing" in call:
        return Said("", "", {}, missing=call["missing"])
    words = call["request"].get("choices") or []
    likely = zip(words, call["choice_probabilities"] or [], strict=False)
    most = sorted(likely, key=lambda each: -each[1])[:_MOST_CHOICES]
    return Said(
        call["model"] or "a model that is not registered",
        call["error"] or call["text"],
        {word.strip(): share for word, share in most},
        call["thought"] or "",
    )
