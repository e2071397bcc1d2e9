"""How far a policy is from a reference: the KL divergence, estimated on the policy's own samples."""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pydantic import Field

from datasets_registry.errors import BadInput
from datasets_registry.hashing import derive_seed, ranked
from datasets_registry.intervals import mean_interval, unit_means
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.prompts import Prompt
from datasets_registry.rows.rounds.divergence import Divergence
from datasets_registry.settings import Seed, Settings
from generation.request import Completion, Message, Request, SamplingParams
from methods.judging.conversation import opening, opening_templates
from methods.method import Inputs, Method, Model, Models
from methods.templates import fill

PROMPTS, PROBLEMS, POLICY, REFERENCE = "prompts", "problems", "policy", "reference"
# as little as a likelihood's request can say
_NOT_SAMPLED = SamplingParams(temperature=0.0, max_tokens=1)


class DivergenceSettings(Settings):
    """How many prompts are asked, drawn by ``seed``, how often, and for how long an answer.

    Samples are at temperature 1 and without top-p, since a divergence is an expectation under the policy.
    """

    system_prompt: str | None = None
    num_prompts: int = Field(64, ge=2)
    num_samples: int = Field(2, ge=1)
    max_tokens: int = Field(128, ge=1)
    thinks: bool = False
    seed: Seed = 0


class Kl(NamedTuple):
    """A mean over prompts with its 95 % interval, in nats; the interval is None of a single prompt."""

    value: float
    interval: tuple[float, float] | None
    num_prompts: int
    num_samples: int


class _Asked(NamedTuple):
    """A prompt as it is asked."""

    prompt_id: str
    split_group: str
    messages: tuple[Message, ...]


def measure_divergence(inputs: Inputs, models: Models, settings: DivergenceSettings) -> list[Divergence]:
    """Samples of the policy, scored by it and then by the reference, so that each is loaded once.

    Raises BadInput for a model that thinks: its text without the thought is no sample of it.
    """
    policy, reference = models[POLICY], models[REFERENCE]
    if settings.thinks:
        raise BadInput(
            f"{policy.name} thinks before it answers, so that the likelihood of an answer without its "
            "thought says nothing of it: leave its divergence out, or set `thinking = false` in its section"
        )
    asked = _asked(inputs, settings)
    requests = [
        _sampled(prompt, number, settings) for prompt in asked for number in range(settings.num_samples)
    ]
    with policy.completer() as complete:
        samples = complete("samples", requests)
        keys = [request.key(complete.backend.fingerprint) for request in requests]
    scored = [_scored(request, sample) for request, sample in zip(requests, samples, strict=True)]
    own, other = (_likelihoods(model, scored) for model in (policy, reference))
    prompts = [prompt for prompt in asked for _ in range(settings.num_samples)]
    return [
        _row(prompt, request.sample, sample, key, (policy.name, first), (reference.name, second))
        for prompt, request, sample, key, first, second in zip(
            prompts, requests, samples, keys, own, other, strict=True
        )
    ]


def _asked(inputs: Inputs, settings: DivergenceSettings) -> list[_Asked]:
    """The prompts or problems that are asked, the same ones whatever the policy."""
    text = settings.system_prompt
    system = (Message(role="system", content=fill(text)),) if text else ()
    prompts = [
        _Asked(row.prompt_id, row.split_group, opening(row, text)) for row in inputs.rows(Prompt, PROMPTS)
    ]
    problems = [
        _Asked(row.problem_id, row.split_group, (*system, Message(role="user", content=row.prompt)))
        for row in inputs.rows(Problem, PROBLEMS)
    ]
    by_id = {prompt.prompt_id: prompt for prompt in (*prompts, *problems)}
    return [by_id[name] for name in ranked(list(by_id), "divergence", settings.seed)[: settings.num_prompts]]


def _sampled(prompt: _Asked, sample: int, settings: DivergenceSettings) -> Request:
    return Request(
        messages=prompt.messages,
        params=SamplingParams(temperature=1.0, max_tokens=settings.max_tokens),
        seed=derive_seed(settings.seed, prompt.prompt_id),
        sample=sample,
    )


def _scored(request: Request, sample: Completion) -> Request | None:
    """The request for the likelihood of what was said; None where nothing was."""
    if sample.error is not None or not sample.text:
        return None
    return Request(messages=request.messages, params=_NOT_SAMPLED, continuation=sample.text)


class _Likelihood(NamedTuple):
    """A model's likelihood of a text, and its key."""

    completion: Completion
    key: str


def _likelihoods(model: Model, requests: Sequence[Request | None]) -> list[_Likelihood | None]:
    """The likelihoods by ``model``, in order; None where there is nothing to score."""
    wanted = [request for request in requests if request is not None]
    with model.completer() as complete:
        found = iter(complete(f"likelihoods by {model.name}", wanted) if wanted else [])
        fingerprint = complete.backend.fingerprint
        return [
            None if request is None else _Likelihood(next(found), request.key(fingerprint))
            for request in requests
        ]


def _row(
    prompt: _Asked,
    number: int,
    sample: Completion,
    key: str,
    policy: tuple[str, _Likelihood | None],
    reference: tuple[str, _Likelihood | None],
) -> Divergence:
    (name, own), (other_name, other) = policy, reference
    return Divergence(
        prompt_id=prompt.prompt_id,
        split_group=prompt.split_group,
        policy=name,
        reference=other_name,
        sample=number,
        completion=sample.text,
        truncated=sample.finish_reason == "length",
        logp=own.completion.continuation_logprob if own else None,
        reference_logp=other.completion.continuation_logprob if other else None,
        num_tokens=own.completion.num_continuation_tokens if own else None,
        failure=_failure(sample, own, other),
        completion_key=key,
        logp_key=own.key if own else None,
        reference_key=other.key if other else None,
    )


def _failure(sample: Completion, own: _Likelihood | None, other: _Likelihood | None) -> str | None:
    if sample.error is not None:
        return f"error: {sample.error}"
    if own is None or other is None:
        return "empty"
    missing = (each.completion for each in (own, other) if each.completion.continuation_logprob is None)
    return next((f"error: {completion.error or 'no likelihood'}" for completion in missing), None)


def sequence_kl(rows: Iterable[Divergence]) -> Kl | None:
    """E[log p(y|x) - log q(y|x)] over the policy's samples y, in nats a sequence, each prompt once.

    The end of a turn is in no likelihood, so that what the models make of it is left out. None where no
    sample has both likelihoods.
    """
    pairs = [(row.prompt_id, _difference(row)) for row in rows if row.failure is None]
    means = unit_means(pairs)
    if not means:
        return None
    return Kl(math.fsum(means) / len(means), mean_interval(means), len(means), len(pairs))


def token_kl(rows: Iterable[Divergence]) -> Kl | None:
    """The same in nats a token: all differences by all tokens; its interval is linearised over prompts."""
    measured = [row for row in rows if row.failure is None]
    differences = unit_means((row.prompt_id, _difference(row)) for row in measured)
    tokens = unit_means((row.prompt_id, float(row.num_tokens or 0)) for row in measured)
    total = math.fsum(tokens)
    if not total:
        return None
    ratio, mean_tokens = math.fsum(differences) / total, total / len(tokens)
    around = [
        ratio + (difference - ratio * count) / mean_tokens
        for difference, count in zip(differences, tokens, strict=True)
    ]
    return Kl(ratio, mean_interval(around), len(tokens), len(measured))


def _difference(row: Divergence) -> float:
    assert row.logp is not None and row.reference_logp is not None, "a row without both has a failure"
    return row.logp - row.reference_logp


DIVERGENCE = Method(
    run=measure_divergence,
    settings=DivergenceSettings,
    rows=Divergence,
    prompts=lambda settings: opening_templates(settings.system_prompt),
    generates=True,
)
