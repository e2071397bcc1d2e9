"""Answers to held-out prompts, and how each compares with the base policy's in the judge's eyes."""

from collections.abc import Mapping, Sequence
from typing import Literal

from datasets_registry.hashing import derive_seed
from datasets_registry.rows.evaluation import EvaluationAnswer
from datasets_registry.rows.prompts import Prompt
from datasets_registry.rows.words import Kind
from datasets_registry.settings import Settings
from generation.completer import Complete
from generation.request import Request, SamplingParams
from methods.evaluation.refusals import is_refusal
from methods.judging.comparison import ComparisonSettings, ask_pairs, comparisons
from methods.judging.constitution import Constitution
from methods.judging.conversation import asked_of, opening
from methods.judging.preference import combine
from methods.judging.verdict import read_verdict

Outcome = Literal["win", "loss", "tie", "same", "unparsed"]
_OUTCOMES: Mapping[str, Outcome] = {"a": "win", "b": "loss", "tie": "tie", "unparsed": "unparsed"}


class EvaluationSettings(Settings):
    """How held-out answers are sampled, and the principle that compares each kind."""

    system_prompt: str | None = None
    answers: SamplingParams
    principles: Mapping[Kind, str]
    judge: ComparisonSettings
    seed: int = 0


def answer_held_out(
    name: str,
    prompts: Sequence[tuple[Kind, Prompt]],
    complete: Complete,
    model: str,
    settings: EvaluationSettings,
) -> list[EvaluationAnswer]:
    """One answer of the model ``name`` per prompt, not compared yet."""
    requests = [
        Request(
            messages=opening(one, settings.system_prompt),
            params=settings.answers,
            seed=derive_seed(settings.seed, "evaluation", one.prompt_id),
        )
        for _, one in prompts
    ]
    answers = complete(f"answers of {name}", requests)
    return [
        EvaluationAnswer(
            model=name,
            prompt_id=one.prompt_id,
            prompt=one.prompt,
            history=one.history,
            kind=kind,
            category=one.category,
            split_group=one.split_group,
            completion=answer.text.strip(),
            finish_reason=answer.finish_reason,
            num_tokens=answer.num_completion_tokens,
            refused=is_refusal(answer.text),
            p_win=None,
            verdict=None,
            completion_key=request.key(model),
        )
        for (kind, one), request, answer in zip(prompts, requests, answers, strict=True)
    ]


def compare(
    answers: Sequence[EvaluationAnswer],
    baseline: Sequence[EvaluationAnswer],
    constitution: Constitution,
    complete: Complete,
    model: str,
    settings: EvaluationSettings,
) -> list[EvaluationAnswer]:
    """``answers`` with the judge's verdict against the baseline's answer to the same prompt.

    Equal answers are "same" without a call, and count as half a win.
    """
    base = {one.prompt_id: one.completion for one in baseline}
    differing = [one for one in answers if one.completion != base[one.prompt_id]]
    asked = [
        comparisons(
            asked_of(one),
            one.completion,
            base[one.prompt_id],
            constitution[settings.principles[one.kind]].preference_question,
            settings.judge,
        )
        for one in differing
    ]
    answered = ask_pairs("comparisons with the base", asked, complete, model, settings.judge)
    outcomes: dict[str, tuple[Outcome, float | None]] = {}
    for one, said in zip(differing, answered, strict=True):
        found = combine({order: read_verdict(answer, settings.judge) for order, answer in said.items()})
        label = found.label() if found else "unparsed"
        outcomes[one.prompt_id] = (_OUTCOMES[label], found.p_a if found else None)
    compared = []
    for one in answers:
        outcome, p_win = outcomes.get(one.prompt_id, ("same", 0.5))
        compared.append(one.model_copy(update={"verdict": outcome, "p_win": p_win}))
    return compared
