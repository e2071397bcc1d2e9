"""Answers to helpful prompts, which keep a policy helpful while it learns revisions."""

from collections.abc import Sequence

from datasets_registry.rows.cai import HelpfulAnswer
from datasets_registry.rows.prompts import Prompt
from generation.completer import Complete
from methods.cai.requests import AnswerSettings, answer_request
from methods.judging.answers import answers_of
from methods.judging.conversation import failure_of, opening_templates
from methods.method import Inputs, Method, Models
from methods.prompt_sets import helpful_prompts


def make_helpful_answers(inputs: Inputs, models: Models, settings: AnswerSettings) -> list[HelpfulAnswer]:
    """One answer of the policy to each helpful training prompt."""
    policy = models["policy"]
    with policy.completer() as complete:
        prompts = helpful_prompts(inputs, "train")
        answers = answers_of(complete, policy.thought_marks)
        return answer_helpful(prompts, answers, complete.backend.fingerprint, settings)


def answer_helpful(
    prompts: Sequence[Prompt], complete: Complete, model: str, settings: AnswerSettings
) -> list[HelpfulAnswer]:
    """One answer per prompt, with a reason where it must not be learned."""
    requests = [answer_request(prompt, settings) for prompt in prompts]
    return [
        HelpfulAnswer(
            prompt_id=prompt.prompt_id,
            prompt=prompt.prompt,
            history=prompt.history,
            category=prompt.category,
            split_group=prompt.split_group,
            completion=answer.text,
            finish_reason=answer.finish_reason,
            failure=failure_of(answer),
            completion_key=request.key(model),
        )
        for prompt, request, answer in zip(prompts, requests, complete("answers", requests), strict=True)
    ]


def _templates(settings: AnswerSettings) -> tuple[str, ...]:
    return opening_templates(settings.system_prompt)


HELPFUL_ANSWERS = Method(
    run=make_helpful_answers, settings=AnswerSettings, rows=HelpfulAnswer, prompts=_templates, generates=True
)
