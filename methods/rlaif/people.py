"""A judge beside people: comparisons that people made, judged in both orders by the same rules."""

from collections.abc import Sequence

from pydantic import Field

from datasets_registry.hashing import digest, draw
from datasets_registry.rows.imported import HumanPreference
from datasets_registry.rows.judges import HumanAgreement
from datasets_registry.rows.words import Signal
from datasets_registry.settings import Settings
from generation.completer import Complete
from methods.judging.comparison import Answer, Comparison, Order, ask_pairs, comparisons
from methods.judging.constitution import Constitution
from methods.judging.conversation import messages_of
from methods.judging.preference import combine
from methods.judging.verdict import read_verdict
from methods.rlaif.judgements import JudgeSettings, principles_of


class AgreementSettings(Settings):
    """Which imported comparisons are judged, how many of them, and what people were asked about."""

    dataset: str = "human_preferences"
    num_pairs: int = Field(200, ge=1)
    signal: Signal = "harmlessness"
    seed: int = 0


def taken(preferences: Sequence[HumanPreference], settings: AgreementSettings) -> list[HumanPreference]:
    """The comparisons judged: a drawn subset, which more of them leaves mostly as it is."""
    return sorted(preferences, key=lambda one: digest([settings.seed, one.pair_id]))[: settings.num_pairs]


def shown_as(one: HumanPreference) -> tuple[str, str, bool]:
    """Completions a and b, and whether a is the preferred one, which the id decides."""
    a_is_chosen = int(digest(["slot", one.pair_id])[:8], 16) % 2 == 0
    return (one.chosen, one.rejected, True) if a_is_chosen else (one.rejected, one.chosen, False)


def agree(
    preferences: Sequence[HumanPreference],
    judge: str,
    constitution: Constitution,
    complete: Complete,
    model: str,
    settings: AgreementSettings,
    judging: JudgeSettings,
) -> list[HumanAgreement]:
    """The judge's label of each taken comparison beside the person's, under one principle of the signal."""
    ids = principles_of(constitution, settings.signal, "[human_agreement]")
    chosen = taken(preferences, settings)
    principles = [constitution[draw(ids, settings.seed, one.pair_id)] for one in chosen]
    asked: list[dict[Order, Comparison]] = []
    for one, principle in zip(chosen, principles, strict=True):
        a, b, _ = shown_as(one)
        question = principle.preference_question
        asked.append(comparisons(messages_of(one.messages), a, b, question, judging))
    answered = ask_pairs(f"people's comparisons by {judge}", asked, complete, model, judging)
    return [
        _row(one, judge, principle.id, answers, judging)
        for one, principle, answers in zip(chosen, principles, answered, strict=True)
    ]


def _row(
    one: HumanPreference, judge: str, principle_id: str, answers: dict[Order, Answer], judging: JudgeSettings
) -> HumanAgreement:
    a, b, a_is_chosen = shown_as(one)
    found = combine({order: read_verdict(answer, judging) for order, answer in answers.items()})
    label, human_label = found.label() if found else "unparsed", "a" if a_is_chosen else "b"
    keys = {f"{order}_key": answers[order].key if order in answers else None for order in _ORDERS}
    return HumanAgreement.model_validate(
        {
            "pair_id": one.pair_id,
            "messages": one.messages,
            "completion_a": a,
            "completion_b": b,
            "human_label": human_label,
            "judge": judge,
            "principle_id": principle_id,
            "p_a": found.p_a if found else None,
            "label": label,
            "agrees": label == human_label if label in ("a", "b") else None,
            **keys,
        }
    )


_ORDERS: tuple[Order, ...] = ("ab", "ba", "aa", "bb")
