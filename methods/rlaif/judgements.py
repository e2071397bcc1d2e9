"""AI judgements: every pair under principles drawn for its prompt, in both orders (Bai et al. 2022, §4).

A judge with a strong liking for a position can be calibrated: its verdict on two identical responses
is nothing but position, and is taken off (in logits), as content-free calibration does (Zhao et al. 2021).
"""

from collections.abc import Iterable, Mapping
from typing import Literal

from pydantic import Field

from datasets_registry.errors import BadInput
from datasets_registry.hashing import ranked
from datasets_registry.rows.rlaif import AiJudgement, CompletionPair
from datasets_registry.rows.words import Kind, Signal
from generation.completer import Complete
from methods.judging.comparison import Comparison, ComparisonSettings, Order, ask, comparisons
from methods.judging.constitution import Constitution, Principle
from methods.judging.conversation import asked_of
from methods.judging.verdict import read_verdict


class JudgeSettings(ComparisonSettings):
    """Which models judge which signals, under how many principles of each."""

    judges: tuple[str, ...] = Field(("base_policy",), min_length=1)
    num_principles: int | Literal["all"] = 1
    signals: Mapping[Kind, tuple[Signal, ...]] = Field(
        default={"red_team": ("harmlessness",), "helpful": ("helpfulness",)}
    )
    seed: int = 0

    @property
    def comparison(self) -> ComparisonSettings:
        """How one comparison is asked, without what decides which are."""
        return ComparisonSettings(**self.model_dump(include=set(ComparisonSettings.model_fields)))


def principles_of(constitution: Constitution, signal: Signal, asker: str) -> list[str]:
    """The ids of a signal's principles; raises BadInput where ``asker`` asks for a signal that has none."""
    ids = [one.id for one in constitution.principles if one.signal == signal]
    if not ids:
        raise BadInput(
            f"constitution {constitution.name!r} has no principle of {signal}, which the profile's {asker} "
            f"asks for: write one with signal = {signal!r}, or take {signal} out"
        )
    return ids


def require_principles(constitution: Constitution, settings: JudgeSettings) -> None:
    """Raise BadInput where a judged signal has no principle, before anything is generated."""
    for kind, signals in settings.signals.items():
        for signal in signals:
            principles_of(constitution, signal, f"[judge.signals] of {kind} prompts")


def drawn_principles(
    constitution: Constitution, kind: Kind, prompt_id: str, settings: JudgeSettings
) -> list[Principle]:
    """The principles of a prompt's pairs, by signal; another prompt or principle moves few draws."""
    drawn = []
    for signal in settings.signals.get(kind, ()):
        ids = principles_of(constitution, signal, f"[judge.signals] of {kind} prompts")
        count = len(ids) if settings.num_principles == "all" else settings.num_principles
        drawn += [constitution[one] for one in ranked(ids, settings.seed, prompt_id)[:count]]
    return drawn


def judge_pairs(
    pairs: Iterable[CompletionPair],
    judge: str,
    constitution: Constitution,
    complete: Complete,
    model: str,
    settings: JudgeSettings,
) -> list[AiJudgement]:
    """The judgements of ``judge``, whose fingerprint is ``model``, on each usable pair."""
    asked: list[tuple[CompletionPair, Order, Principle, Comparison]] = []
    for pair in (one for one in pairs if one.failure is None):
        for principle in drawn_principles(constitution, pair.kind, pair.prompt_id, settings):
            calls = comparisons(
                asked_of(pair), pair.completion_a, pair.completion_b, principle.preference_question, settings
            )
            asked += [(pair, order, principle, one) for order, one in calls.items()]
    answers = ask(f"calls of judge {judge}", [one for *_, one in asked], complete, model, settings)
    return [
        AiJudgement(
            pair_id=pair.pair_id,
            order=order,
            principle_id=principle.id,
            judge=judge,
            signal=principle.signal,
            judgement_key=answer.key,
            reasoning_key=answer.reasoning_key,
            **read_verdict(answer, settings).model_dump(),
        )
        for (pair, order, principle, _), answer in zip(asked, answers, strict=True)
    ]
