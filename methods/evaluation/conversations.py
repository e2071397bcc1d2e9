"""Conversations of a suite: each item's turns are asked one after the other, all items at once."""

from collections.abc import Sequence

from datasets_registry.hashing import derive_seed
from datasets_registry.rows.evaluation import AnswerTurn, EvaluationItem, SuiteAnswer
from generation.request import Completion, Message, Request, SamplingParams
from methods.evaluation.suite import Policy
from methods.judging.conversation import failure_of, messages_of
from methods.templates import fill


def converse(policy: Policy, items: Sequence[EvaluationItem]) -> list[SuiteAnswer]:
    """The most probable answer to each turn; a conversation ends at its first failure."""
    params = policy.settings.answers.model_copy(update={"temperature": 0.0, "top_p": 1.0})
    return _conversed(policy, items, params, samples=1)


def converse_to_the_end(policy: Policy, items: Sequence[EvaluationItem]) -> list[SuiteAnswer]:
    """The same without the profile's stops: a line's end would cut off what is asked for in several lines."""
    params = policy.settings.answers.model_copy(update={"temperature": 0.0, "top_p": 1.0, "stop": ()})
    return _conversed(policy, items, params, samples=1)


def converse_in_samples(policy: Policy, items: Sequence[EvaluationItem]) -> list[SuiteAnswer]:
    """The same, with as many drawn samples of each conversation as the settings say."""
    return _conversed(policy, items, policy.settings.answers, policy.settings.num_samples)


def converse_briefly(
    policy: Policy, items: Sequence[EvaluationItem], *, num_tokens: int, num_samples: int
) -> list[SuiteAnswer]:
    """Drawn samples of at most so many tokens; one that is cut off there is whole."""
    params = policy.settings.answers.model_copy(update={"max_tokens": num_tokens})
    return _conversed(policy, items, params, num_samples, cut=True)


def _conversed(
    policy: Policy,
    items: Sequence[EvaluationItem],
    params: SamplingParams,
    samples: int,
    *,
    cut: bool = False,
) -> list[SuiteAnswer]:
    answers = [unanswered(policy.name, item, sample) for item in items for sample in range(samples)]
    by_id = {(item.item_id, item.variant): item for item in items}
    depth = max((1 + len(item.follow_ups) for item in items), default=0)
    for turn in range(depth):
        places = [
            place
            for place, answer in enumerate(answers)
            if answer.failure is None and turn <= len(by_id[answer.item_id, answer.variant].follow_ups)
        ]
        asked = [(by_id[answers[place].item_id, answers[place].variant], answers[place]) for place in places]
        requests = [_request(item, answer, policy, params) for item, answer in asked]
        stage = f"{items[0].suite}, answers of {policy.name}" + (f", turn {turn + 1}" if depth > 1 else "")
        completions = policy.complete(stage, requests)
        for place, (item, answer), request, completion in zip(
            places, asked, requests, completions, strict=True
        ):
            answers[place] = _said(item, answer, completion, request.key(policy.fingerprint), cut)
    return answers


def unanswered(model: str, item: EvaluationItem, sample: int = 0) -> SuiteAnswer:
    """The row of an item before anything is said."""
    return SuiteAnswer(
        model=model,
        suite=item.suite,
        item_id=item.item_id,
        variant=item.variant,
        sample=sample,
        cluster=item.cluster,
        category=item.category,
        turns=[],
    )


def conversation(item: EvaluationItem, answer: SuiteAnswer) -> tuple[Message, ...]:
    """The item's turns with the answers given so far, up to the next answer."""
    said = [turn.completion for turn in answer.turns]
    later = [
        message
        for completion, follow_up in zip(said, item.follow_ups, strict=False)
        for message in (
            Message(role="assistant", content=completion),
            Message(role="user", content=follow_up),
        )
    ]
    return (*messages_of(item.messages), *later)


def opened(system_prompt: str | None, messages: Sequence[Message]) -> tuple[Message, ...]:
    """The conversation after the named system prompt, where it has no system turn of its own."""
    if system_prompt is None or messages[0].role == "system":
        return tuple(messages)
    return (Message(role="system", content=fill(system_prompt)), *messages)


def _request(item: EvaluationItem, answer: SuiteAnswer, policy: Policy, params: SamplingParams) -> Request:
    return Request(
        messages=opened(policy.settings.system_prompt, conversation(item, answer)),
        params=params,
        # variants of one item share their noise, so that they differ by what is asked alone
        seed=derive_seed(policy.settings.seed, "evaluation", item.item_id),
        sample=answer.sample,
    )


def _said(
    item: EvaluationItem, answer: SuiteAnswer, completion: Completion, key: str, cut: bool
) -> SuiteAnswer:
    turn = AnswerTurn(
        prompt=conversation(item, answer)[-1].content,
        completion=completion.text.strip(),
        finish_reason=completion.finish_reason,
        num_tokens=completion.num_completion_tokens,
        completion_key=key,
    )
    failure = failure_of(completion)
    if cut and failure == "truncated":
        failure = None
    if failure and item.follow_ups:
        failure = f"turn {len(answer.turns) + 1}: {failure}"
    return answer.model_copy(update={"turns": [*answer.turns, turn], "failure": failure})
