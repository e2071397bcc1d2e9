"""A judge beside people: comparisons that people made, judged in both orders by the same rules."""

from collections.abc import Iterable, Mapping

from pydantic import Field

from datasets_registry.hashing import draw
from datasets_registry.rows.imported import HumanPreference
from datasets_registry.rows.judges import HumanAgreement
from datasets_registry.rows.words import TIE_LOGIT
from generation.completer import Complete
from methods.judging.answers import answers_of
from methods.judging.comparison import (
    Answer,
    Comparison,
    ComparisonSettings,
    Order,
    ask_pairs,
    comparison_templates,
    comparisons,
)
from methods.judging.conversation import messages_of
from methods.judging.preference import combine
from methods.judging.verdict import read_verdict
from methods.method import Inputs, Method, Models
from methods.rlaif.compared import AgreementSelection, in_slots, selected

_ORDERS: tuple[Order, ...] = ("ab", "ba", "aa", "bb")


class AgreementSettings(AgreementSelection):
    """The selection, how the judge is asked and its label read, and the questions of its principles by id."""

    comparison: ComparisonSettings = ComparisonSettings()
    clamp: tuple[float, float] | None = None
    tie_logit: float = Field(TIE_LOGIT, ge=0)
    questions: Mapping[str, str] = Field(min_length=1)


def make_agreement(inputs: Inputs, models: Models, settings: AgreementSettings) -> list[HumanAgreement]:
    """The judge's labels of people's comparisons beside theirs."""
    preferences, judge = inputs.stream(HumanPreference), models["judge"]
    with judge.completer() as complete:
        model, answers = complete.backend.fingerprint, answers_of(complete, judge.thought_marks)
        return agree(preferences, judge.name, answers, model, settings)


def agree(
    preferences: Iterable[HumanPreference],
    judge: str,
    complete: Complete,
    model: str,
    settings: AgreementSettings,
) -> list[HumanAgreement]:
    """The judge's label of each selected comparison beside the person's, under a drawn principle."""
    chosen = selected(preferences, settings)
    ids = [draw(list(settings.questions), settings.seed, preference.pair_id) for preference in chosen]
    pairs = [
        _comparisons(preference, settings.questions[principle_id], settings.comparison)
        for preference, principle_id in zip(chosen, ids, strict=True)
    ]
    answers = ask_pairs(f"people's comparisons by {judge}", pairs, complete, model, settings.comparison)
    return [
        _row(preference, judge, principle_id, by_order, settings)
        for preference, principle_id, by_order in zip(chosen, ids, answers, strict=True)
    ]


def _comparisons(
    preference: HumanPreference, question: str, settings: ComparisonSettings
) -> dict[Order, Comparison]:
    a, b, _ = in_slots(preference)
    return comparisons(messages_of(preference.messages), a, b, question, settings)


def _row(
    preference: HumanPreference,
    judge: str,
    principle_id: str,
    answers: Mapping[Order, Answer],
    settings: AgreementSettings,
) -> HumanAgreement:
    a, b, a_is_chosen = in_slots(preference)
    verdicts = {order: read_verdict(answer, settings.comparison) for order, answer in answers.items()}
    judged = combine(verdicts, settings.clamp)
    label = judged.label(settings.tie_logit) if judged else "unparsed"
    human_label = "a" if a_is_chosen else "b"
    keys = {f"{order}_key": answers[order].key if order in answers else None for order in _ORDERS}
    return HumanAgreement.model_validate(
        {
            "pair_id": preference.pair_id,
            "messages": preference.messages,
            "completion_a": a,
            "completion_b": b,
            "human_label": human_label,
            "judge": judge,
            "principle_id": principle_id,
            "p_a": judged.p_a if judged else None,
            "label": label,
            "agrees": label == human_label if label in ("a", "b") else None,
            **keys,
        }
    )


def _templates(settings: AgreementSettings) -> tuple[str, ...]:
    return comparison_templates(settings.comparison)


HUMAN_AGREEMENT = Method(
    run=make_agreement, settings=AgreementSettings, rows=HumanAgreement, prompts=_templates, generates=True
)
