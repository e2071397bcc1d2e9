"""Answers to held-out prompts, and how a judge compares each with the base model's."""

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import Field

from datasets_registry.hashing import derive_seed
from datasets_registry.rows.evaluation import EvaluationAnswer, RuleKept
from datasets_registry.rows.prompts import Prompt
from datasets_registry.rows.words import Kind
from datasets_registry.settings import Seed, Settings
from generation.completer import Complete
from generation.request import Completion, Message, Request, SamplingParams
from methods.evaluation.refusals import judge_unsure
from methods.judging.answers import answers_of, thinks
from methods.judging.comparison import (
    Answer,
    Comparison,
    ComparisonSettings,
    Order,
    ask_pairs,
    comparison_templates,
    comparisons,
)
from methods.judging.conversation import conversation_of, opening, opening_templates
from methods.judging.preference import combine
from methods.judging.refusal import refusal_templates
from methods.judging.rules import Rule, keeps
from methods.judging.verdict import read_verdict
from methods.method import Inputs, Method, Model, Models
from methods.prompt_sets import all_prompts
from methods.reading.refusals import read_refusal

Outcome = Literal["win", "loss", "tie", "same", "unparsed"]
_OUTCOMES: Mapping[str, Outcome] = {"a": "win", "b": "loss", "tie": "tie", "unparsed": "unparsed"}


class EvaluationSettings(Settings):
    """How held-out answers are sampled, and the question by which a judge compares those of each kind."""

    system_prompt: str | None = None
    answers: SamplingParams
    questions: Mapping[Kind, str]
    comparison: ComparisonSettings = ComparisonSettings()
    rules: Mapping[str, Rule] = Field({}, description="Rules that answers are held to, by principle")
    seed: Seed = 0


def make_evaluation_answers(
    inputs: Inputs, models: Models, settings: EvaluationSettings
) -> list[EvaluationAnswer]:
    """The base model's answers, then those of the other models, compared with them."""
    prompts = all_prompts(inputs, "evaluation")
    base = _answers(models["base"], prompts, settings)
    answers = [_answers(model, prompts, settings) for model in models.every("models")]
    judge = models["judge"]
    with judge.completer() as complete:
        fingerprint, answered = complete.backend.fingerprint, answers_of(complete, judge.thought_marks)
        compared = [compare(rows, base, answered, fingerprint, settings) for rows in answers]
        rows = [row for rows in (base, *compared) for row in rows]
        return judge_unsure(rows, answered, fingerprint, settings.comparison)


def _answers(
    model: Model, prompts: Sequence[tuple[Kind, Prompt]], settings: EvaluationSettings
) -> list[EvaluationAnswer]:
    with model.completer() as complete:
        fingerprint, answered = complete.backend.fingerprint, answers_of(complete, model.thought_marks)
        return answer_held_out(model.name, prompts, answered, fingerprint, settings)


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
            messages=opening(prompt, settings.system_prompt),
            params=settings.answers,
            seed=derive_seed(settings.seed, "evaluation", prompt.prompt_id),
        )
        for _, prompt in prompts
    ]
    answers = complete(f"answers of {name}", requests)
    refusals = [read_refusal(answer.text) for answer in answers]
    return [
        EvaluationAnswer(
            model=name,
            prompt_id=prompt.prompt_id,
            prompt=prompt.prompt,
            history=prompt.history,
            kind=kind,
            category=prompt.category,
            split_group=prompt.split_group,
            completion=answer.text.strip(),
            rules=_held_to(settings.rules, conversation_of(prompt), answer),
            finish_reason=answer.finish_reason,
            num_tokens=answer.num_completion_tokens,
            refused=refusal.refused,
            refusal=refusal.kind,
            refusal_sure=refusal.sure,
            judged_refusal=None,
            p_refused=None,
            refusal_failure=None,
            refusal_key=None,
            p_win=None,
            verdict=None,
            completion_key=request.key(model),
        )
        for (kind, prompt), request, answer, refusal in zip(prompts, requests, answers, refusals, strict=True)
    ]


def _held_to(rules: Mapping[str, Rule], messages: Sequence[Message], answer: Completion) -> list[RuleKept]:
    """Whether the answer as it stands keeps each rule; a failed one is held to none."""
    if answer.error is not None:
        return []
    thought = thinks(answer)
    held = {name: keeps(rule, messages, answer.text, thinks=thought) for name, rule in rules.items()}
    return [RuleKept(principle_id=name, kept=kept.kept, reason=kept.reason) for name, kept in held.items()]


def compare(
    answers: Sequence[EvaluationAnswer],
    baseline: Sequence[EvaluationAnswer],
    complete: Complete,
    model: str,
    settings: EvaluationSettings,
) -> list[EvaluationAnswer]:
    """``answers`` with the judge's verdict against the baseline's answer to the same prompt.

    Equal answers are "same" without a call, and count as half a win.
    """
    base = {answer.prompt_id: answer.completion for answer in baseline}
    differing = [answer for answer in answers if answer.completion != base[answer.prompt_id]]
    pairs = [_comparisons(answer, base[answer.prompt_id], settings) for answer in differing]
    verdicts = ask_pairs("comparisons with the base", pairs, complete, model, settings.comparison)
    results = {
        answer.prompt_id: _result(by_order, settings.comparison)
        for answer, by_order in zip(differing, verdicts, strict=True)
    }
    return [_compared(answer, *results.get(answer.prompt_id, ("same", 0.5))) for answer in answers]


def _comparisons(
    answer: EvaluationAnswer, base: str, settings: EvaluationSettings
) -> dict[Order, Comparison]:
    question = settings.questions[answer.kind]
    return comparisons(conversation_of(answer), answer.completion, base, question, settings.comparison)


def _result(answers: Mapping[Order, Answer], settings: ComparisonSettings) -> tuple[Outcome, float | None]:
    preference = combine({order: read_verdict(answer, settings) for order, answer in answers.items()})
    if preference is None:
        return "unparsed", None
    return _OUTCOMES[preference.label()], preference.p_a


def _compared(answer: EvaluationAnswer, outcome: Outcome, p_win: float | None) -> EvaluationAnswer:
    return answer.model_copy(update={"verdict": outcome, "p_win": p_win})


def _templates(settings: EvaluationSettings) -> tuple[str, ...]:
    judged = (*refusal_templates(settings.comparison), *comparison_templates(settings.comparison))
    return (*judged, *opening_templates(settings.system_prompt))


def _modules(settings: EvaluationSettings) -> tuple[str, ...]:
    return tuple(module for rule in settings.rules.values() for module in rule.modules)


EVALUATION_ANSWERS = Method(
    run=make_evaluation_answers,
    settings=EvaluationSettings,
    rows=EvaluationAnswer,
    prompts=_templates,
    modules=_modules,
    generates=True,
)
