"""Completion pairs: two samples of a policy for each prompt."""

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from datasets_registry.hashing import content_id, derive_seed
from datasets_registry.schemas import CompletionPair, Prompt
from generation.completer import Complete
from generation.request import Completion, Request, SamplingParams
from methods.conversation import failure_of, opening

Kind = Literal["red_team", "helpful"]


class PairSettings(BaseModel):
    """How the two samples are drawn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    system_prompt: str | None = None
    answers: SamplingParams
    seed: int = 0


def pair_completions(
    prompts: Sequence[tuple[Kind, Prompt]], complete: Complete, model: str, settings: PairSettings
) -> list[CompletionPair]:
    """Two samples per prompt; a pair that cannot be judged says why."""
    requests = [_request(one, sample, settings) for _, one in prompts for sample in (0, 1)]
    completions = complete("samples", requests)
    pairs = []
    for place, (kind, one) in enumerate(prompts):
        a, b = completions[2 * place : 2 * place + 2]
        key_a, key_b = (request.key(model) for request in requests[2 * place : 2 * place + 2])
        pairs.append(
            CompletionPair(
                pair_id=content_id(one.prompt_id, a.text, b.text), prompt_id=one.prompt_id,
                prompt=one.prompt, kind=kind, category=one.category, split_group=one.split_group,
                completion_a=a.text.strip(), completion_b=b.text.strip(), failure=_failure(a, b),
                key_a=key_a, key_b=key_b,
            )
        )  # fmt: skip
    return pairs


def _request(prompt: Prompt, sample: int, settings: PairSettings) -> Request:
    return Request(
        messages=opening(prompt.prompt, settings.system_prompt),
        params=settings.answers,
        seed=derive_seed(settings.seed, prompt.prompt_id),
        sample=sample,
    )


def _failure(a: Completion, b: Completion) -> str | None:
    for name, one in (("a", a), ("b", b)):
        failure = failure_of(one)
        if failure is not None:
            return f"completion {name}: {failure}"
    return "identical completions" if a.text.strip() == b.text.strip() else None
