"""Votes on a question: several samples of a policy, each read for its answer, and the most frequent one."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from datasets_registry.errors import BadInput
from datasets_registry.hashing import derive_seed
from datasets_registry.rows.oversight.amplified import Vote
from generation.request import Completion, Message, Request
from methods.judging.conversation import failure_of
from methods.oversight.amplification.rules import admits, begins_with_its_terms, is_number
from methods.oversight.amplification.settings import AmplificationSettings
from methods.oversight.asked import Asked
from methods.reading.equations import equations, wrong_equations
from methods.rft.reranking import majority
from methods.verifiers.contract import VerifierSettings, Verify
from methods.verifiers.verifier import verifier

# such as a letter that no choice has
NEVER_GOLD = "no gold answer can be this"
Read = Callable[[str], tuple[str | None, str | None]]
"""A completion to its final answer, or to the reason why it has none."""


@dataclass(frozen=True)
class Answered:
    """The votes on a question; the answer of most of them, its share, and the first sample that gives it."""

    votes: tuple[Vote, ...]
    answer: str | None
    share: float | None
    completion: str | None
    completion_key: str | None
    num_tokens: int


def reader(settings: VerifierSettings) -> Read:
    """Reads final answers as the verifier does, without gold: an answer must be accepted as its own gold."""
    verify = verifier(settings)
    unknown = {"choice": settings.letters[0], "exact": ""}.get(settings.kind, "0")

    def read(text: str) -> tuple[str | None, str | None]:
        answer = verify(text, unknown).extracted
        if not answer:
            return None, "no final answer"
        try:
            own = verify(text, answer)
        except BadInput:
            return None, NEVER_GOLD
        return (answer, None) if own.accepted else (None, own.reason)

    return read


def ask(
    stage: str, questions: Collection[str], policy: Asked, settings: AmplificationSettings, read: Read
) -> Mapping[str, Answered]:
    """The answers to the questions, all in one call; one that is asked for by several is asked once."""
    distinct = list(dict.fromkeys(questions))
    requests = [request for question in distinct for request in _requests(question, settings)]
    completions = iter(policy.complete(stage, requests)) if requests else iter(())
    keys = (request.key(policy.model) for request in requests)
    return {
        question: _answered(
            question, [(next(completions), next(keys)) for _ in range(settings.votes)], settings, read
        )
        for question in distinct
    }


def _requests(question: str, settings: AmplificationSettings) -> Iterator[Request]:
    message = Message(role="user", content=question)
    seed = derive_seed(settings.seed, "answer", question)
    for sample in range(settings.votes):
        yield Request(messages=(message,), params=settings.answers, seed=seed, sample=sample)


def _answered(
    question: str, samples: list[tuple[Completion, str]], settings: AmplificationSettings, read: Read
) -> Answered:
    votes = tuple(_vote(question, completion, key, settings, read) for completion, key in samples)
    answer = majority([vote.answer for vote in votes])
    counted = [place for place, vote in enumerate(votes) if answer is not None and vote.answer == answer]
    first = counted[0] if counted else None
    return Answered(
        votes=votes,
        answer=answer,
        share=len(counted) / len(votes) if counted else None,
        completion=None if first is None else samples[first][0].text,
        completion_key=None if first is None else samples[first][1],
        num_tokens=sum(completion.num_completion_tokens for completion, _ in samples),
    )


def _vote(
    question: str, completion: Completion, key: str, settings: AmplificationSettings, read: Read
) -> Vote:
    """What a sample says; an answer by rule is a number, or its question could not be composed."""
    failure, answer = failure_of(completion), None
    if failure is None:
        answer, failure = read(completion.text)
    if answer is not None and settings.decomposer == "rule" and not is_number(answer):
        failure = "the answer is no number"
    if answer is not None and failure is None and settings.checked:
        failure = _refuted(question, answer, completion.text)
    return Vote(answer=None if failure else answer, failure=failure, completion_key=key)


def _refuted(question: str, answer: str, text: str) -> str | None:
    """What shows without gold that an answer is wrong."""
    if not admits(question, answer):
        return "the question does not admit this answer"
    said = equations(text)
    if said and not begins_with_its_terms(question, said[0]):
        return "it answers another question"
    return "an equation does not hold" if wrong_equations(text) else None


def verified(answer: str | None, completion: str | None, gold: str, verify: Verify) -> bool:
    """Whether the answer is the gold one; none is not."""
    return answer is not None and completion is not None and verify(completion, gold).accepted
