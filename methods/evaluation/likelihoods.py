"""Choices scored by how likely a model finds each as its answer, with the rules of lm-evaluation-harness."""

import math
from collections.abc import Sequence

from datasets_registry.errors import BadInput
from datasets_registry.rows.evaluation import ChoiceLikelihood, EvaluationItem, Grade, SuiteAnswer
from generation.request import Completion, Request, SamplingParams
from methods.evaluation.conversations import opened, unanswered
from methods.evaluation.suite import Answered, Policy
from methods.judging.conversation import messages_of

# the grades of an answer whose choices have likelihoods
RIGHT, RIGHT_BY_CHARACTERS, P_RIGHT, CONFIDENCE = "right", "right_by_characters", "p_right", "confidence"
_NOT_SAMPLED = SamplingParams(temperature=0.0, max_tokens=1)


def scored_choices(policy: Policy, items: Sequence[EvaluationItem]) -> list[SuiteAnswer]:
    """The likelihood of each choice of each item as the whole answer; each choice is one call.

    Raises BadInput for a hosted model, and for one that thinks: what it says without a thought is no answer.
    """
    if policy.hosted:
        raise BadInput(
            f"{policy.name} is hosted, and the likelihood of a text takes the model's own tokenizer: let it "
            "choose a letter, or name a folder with its tokenizer in `model` of its `[models.NAME]`"
        )
    if policy.thinks:
        raise BadInput(
            f"{policy.name} thinks before it answers, so that the likelihood of an answer without a thought "
            "says nothing of it: let it choose a letter, or set `thinking = false` in its `[models.NAME]`"
        )
    requests = [_request(policy, item, choice) for item in items for choice in item.choices]
    stage = f"{items[0].suite}, choices of {policy.name}" if items else ""
    completions = iter(policy.complete(stage, requests) if requests else [])
    keys = iter(request.key(policy.fingerprint) for request in requests)
    return [
        _scored(policy.name, item, [(next(completions), next(keys)) for _ in item.choices]) for item in items
    ]


def _request(policy: Policy, item: EvaluationItem, choice: str) -> Request:
    return Request(
        messages=opened(policy.settings.system_prompt, messages_of(item.messages)),
        params=_NOT_SAMPLED,
        continuation=choice,
    )


def _scored(model: str, item: EvaluationItem, calls: Sequence[tuple[Completion, str]]) -> SuiteAnswer:
    likelihoods = [
        ChoiceLikelihood(
            choice=choice,
            logprob=completion.continuation_logprob,
            num_tokens=completion.num_continuation_tokens,
            completion_key=key,
        )
        for choice, (completion, key) in zip(item.choices, calls, strict=True)
    ]
    errors = (completion.error for completion, _ in calls if completion.continuation_logprob is None)
    failure = next((f"error: {error or 'no likelihood'}" for error in errors), None)
    return unanswered(model, item).model_copy(update={"likelihoods": likelihoods, "failure": failure})


def likelihood_grades(answered: Answered) -> list[Grade]:
    """What the likelihoods choose, whether that is right, and how sure it is.

    ``right`` takes the greatest sum of log probabilities (acc), ``right_by_characters`` the greatest one per
    character of the choice (acc_norm); ``p_right`` is the part of all choices' probability that lies on right
    ones (mc2), and ``confidence`` the part that lies on the likeliest. Every choice has a likelihood, as an
    answer that lacks one has a failure.
    """
    gold = set(answered.item.gold)
    scores = {each.choice: each.logprob for each in answered.answer.likelihoods if each.logprob is not None}
    shares = _shares(scores)
    likeliest = max(scores, key=lambda choice: scores[choice])
    by_characters = max(scores, key=lambda choice: scores[choice] / len(choice))
    return [
        Grade(name=RIGHT, value=float(likeliest in gold), word=likeliest),
        Grade(name=RIGHT_BY_CHARACTERS, value=float(by_characters in gold), word=by_characters),
        Grade(name=P_RIGHT, value=sum(shares[choice] for choice in scores if choice in gold)),
        Grade(name=CONFIDENCE, value=shares[likeliest]),
    ]


def _shares(scores: dict[str, float]) -> dict[str, float]:
    top = max(scores.values())
    weights = {choice: math.exp(score - top) for choice, score in scores.items()}
    total = sum(weights.values())
    return {choice: weight / total for choice, weight in weights.items()}
