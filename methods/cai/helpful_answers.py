"""Answers to helpful prompts, which keep a policy helpful while it learns revisions."""

from collections.abc import Sequence

from datasets_registry.rows.cai import HelpfulAnswer
from datasets_registry.rows.prompts import HelpfulPrompt
from generation.completer import Complete
from methods.cai.requests import RevisionSettings, answer_request
from methods.judging.conversation import failure_of


def answer_helpful(
    prompts: Sequence[HelpfulPrompt], complete: Complete, model: str, settings: RevisionSettings
) -> list[HelpfulAnswer]:
    """One answer per prompt, with a reason where it must not be learned."""
    requests = [answer_request(one, settings) for one in prompts]
    return [
        HelpfulAnswer(
            prompt_id=one.prompt_id,
            prompt=one.prompt,
            history=one.history,
            category=one.category,
            split_group=one.split_group,
            completion=answer.text,
            finish_reason=answer.finish_reason,
            failure=failure_of(answer),
            completion_key=request.key(model),
        )
        for one, request, answer in zip(prompts, requests, complete("answers", requests), strict=True)
    ]
