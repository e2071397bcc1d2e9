"""Variants of prompts that are fed back: rewordings by a model, without near duplicates."""

from collections.abc import Iterable, Sequence

from datasets_registry.hashing import derive_seed
from datasets_registry.importing.groups import conversation_id, plain_words
from datasets_registry.rows.prompts import Prompt
from datasets_registry.rows.rounds.prompts import RoundPrompt
from generation.completer import Complete
from generation.request import Completion, Message, Request
from methods.judging.conversation import failure_of
from methods.judging.quotation import quoted
from methods.reading.clusters import near_duplicates
from methods.reading.refusals import read_refusal
from methods.rounds.feedback import FeedbackSettings
from methods.templates import fill

TEMPLATE = "variant"


def variants(
    parents: Sequence[RoundPrompt],
    known: Iterable[Prompt],
    complete: Complete,
    model: str,
    settings: FeedbackSettings,
) -> list[RoundPrompt]:
    """The first variant of each parent, then the second of each, and so on; each in its parent's group.

    A failed or truncated completion is none, nor one that refuses, nor what nearly repeats another variant or
    one of the ``known`` prompts, among which are those that are held out for evaluation.
    """
    numbered = [(number, parent) for number in range(settings.variants) for parent in parents]
    requests = [_request(parent, number, settings) for number, parent in numbered]
    completions = complete("variants of failures", requests)
    made = [
        _variant(parent, completion, request.key(model))
        for (_, parent), request, completion in zip(numbered, requests, completions, strict=True)
        if _rewords(completion)
    ]
    return _apart(made, known)


def _request(parent: RoundPrompt, number: int, settings: FeedbackSettings) -> Request:
    return Request(
        messages=(Message(role="user", content=fill(TEMPLATE, prompt=quoted(parent.prompt))),),
        params=settings.sampling,
        seed=derive_seed(settings.seed, "variant", parent.prompt_id),
        sample=number,
    )


def _rewords(completion: Completion) -> bool:
    return failure_of(completion) is None and read_refusal(completion.text).kind != "full"


def _variant(parent: RoundPrompt, completion: Completion, key: str) -> RoundPrompt:
    text = completion.text.strip()
    turns = [(turn.role, turn.content) for turn in parent.history]
    update = {
        "prompt_id": conversation_id((text,), turns),
        "prompt": text,
        "origin": "variant",
        "parent_id": parent.prompt_id,
        "variant_key": key,
    }
    return RoundPrompt.model_validate(dict(parent) | update)


def _apart(made: Sequence[RoundPrompt], known: Iterable[Prompt]) -> list[RoundPrompt]:
    """The variants that nearly repeat neither a known prompt nor one before them."""
    # a cluster is named by its smallest id: a known prompt where there is one, else its first variant
    texts = {f"0 {prompt.prompt_id}": plain_words(prompt.prompt) for prompt in known}
    texts |= {f"1 {place:09}": plain_words(variant.prompt) for place, variant in enumerate(made)}
    repeated = {duplicate.id for duplicate in near_duplicates(texts)}
    return [variant for place, variant in enumerate(made) if f"1 {place:09}" not in repeated]
