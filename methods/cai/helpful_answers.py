"""Answers to helpful prompts, which keep a policy helpful while it learns revisions."""

from collections.abc import Iterable, Iterator

from datasets_registry.rows.cai import HelpfulAnswer
from datasets_registry.rows.prompts import Prompt
from generation.completer import Complete
from generation.streaming.flow import in_order
from generation.streaming.planning import allow
from generation.streaming.tasks import Task
from methods.cai.requests import AnswerSettings, answer_request
from methods.judging.answers import answers_of
from methods.judging.conversation import failure_of, opening_templates
from methods.method import Inputs, Method, Models
from methods.prompt_sets import streamed

# prompts that are answered at a time
WINDOW = 4_096


def make_helpful_answers(inputs: Inputs, models: Models, settings: AnswerSettings) -> Iterator[HelpfulAnswer]:
    """One answer of the policy to each helpful training prompt."""
    policy = models["policy"]
    with policy.completer() as complete:
        model, answers = complete.backend.fingerprint, answers_of(complete, policy.thought_marks)
        prompts = streamed(inputs, "helpful", "train")
        allow(answers, "answers", (_answered(prompt, model, settings) for prompt in prompts))
        yield from answer_helpful(streamed(inputs, "helpful", "train"), answers, model, settings)


def answer_helpful(
    prompts: Iterable[Prompt], complete: Complete, model: str, settings: AnswerSettings
) -> Iterator[HelpfulAnswer]:
    """One answer per prompt, with a reason where it must not be learned."""
    return in_order(complete, "answers", (_answered(prompt, model, settings) for prompt in prompts), WINDOW)


def _answered(prompt: Prompt, model: str, settings: AnswerSettings) -> Task[HelpfulAnswer]:
    request = answer_request(prompt, settings)
    (answer,) = yield [request]
    return HelpfulAnswer(
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


def _templates(settings: AnswerSettings) -> tuple[str, ...]:
    return opening_templates(settings.system_prompt)


HELPFUL_ANSWERS = Method(
    run=make_helpful_answers, settings=AnswerSettings, rows=HelpfulAnswer, prompts=_templates, generates=True
)
