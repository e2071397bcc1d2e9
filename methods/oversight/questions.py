"""Questions with two opposed answers: of passages, and of worked solutions that end differently."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter

from pydantic import Field

from datasets_registry.errors import BadInput
from datasets_registry.hashing import content_id, derive_seed, ranked
from datasets_registry.rows.oversight.questions import OversightQuestion, PassageQuestion
from datasets_registry.rows.rft import Candidate
from datasets_registry.settings import Seed, Settings
from methods.method import Inputs, Method, Models
from methods.oversight.passages import require_decided


class QuestionSettings(Settings):
    """How many questions of each kind are debated, drawn by content; null takes all."""

    number: int | None = Field(None, ge=1)
    seed: Seed = 0


def make_questions(inputs: Inputs, models: Models, settings: QuestionSettings) -> list[OversightQuestion]:
    """The questions of ``passages`` and of ``candidates``.

    Raises BadInput where a passage does not decide its question, and where candidates give no question.
    """
    passages = [_of_passage(row, settings.seed) for row in _decided(inputs.rows(PassageQuestion))]
    chains = list(chain_questions(inputs.stream(Candidate), settings.seed))
    if not passages and not chains:
        raise BadInput(
            "no problem has both a right and a wrong solution of one policy that end differently: sample "
            "more of each (rft.candidates.rule), or add [oversight.passages]"
        )
    return [*_chosen(passages, settings), *_chosen(chains, settings)]


OVERSIGHT_QUESTIONS = Method(make_questions, QuestionSettings, OversightQuestion)


def _decided(rows: Sequence[PassageQuestion]) -> Sequence[PassageQuestion]:
    for row in rows:
        require_decided(row)
    return rows


def _chosen(questions: Sequence[OversightQuestion], settings: QuestionSettings) -> list[OversightQuestion]:
    ids = ranked([question.question_id for question in questions], settings.seed)
    chosen = set(ids[: settings.number])
    return [question for question in questions if question.question_id in chosen]


def right_is_a(seed: int, *parts: str) -> bool:
    """Whether the right answer takes side a: half of them, by content."""
    return derive_seed("side", seed, *parts) % 2 == 0


def _of_passage(row: PassageQuestion, seed: int) -> OversightQuestion:
    a, b = row.right_answer, row.wrong_answer
    is_a = right_is_a(seed, row.question_id)
    if not is_a:
        a, b = b, a
    return OversightQuestion(
        question_id=row.question_id,
        kind="passage",
        prompt=row.prompt,
        passage=row.passage,
        sentence=row.sentence,
        answer_a=a,
        answer_b=b,
        end_a=None,
        end_b=None,
        gold="a" if is_a else "b",
        problem_id=None,
        policy=None,
        num_tokens=None,
        split_group=row.split_group,
        key_a=None,
        key_b=None,
    )


def chain_questions(candidates: Iterable[Candidate], seed: int) -> Iterator[OversightQuestion]:
    """A right and a wrong solution of each policy for each problem, drawn by content.

    ``candidates`` come sorted by problem and policy. Truncated, failed and hinted samples are no worked
    solutions, and one of which no final answer can be read opposes nothing.
    """
    for _, group in groupby(candidates, key=attrgetter("problem_id", "policy")):
        whole = [sample for sample in group if sample.finish_reason == "stop" and not sample.hinted]
        right = _drawn([sample for sample in whole if sample.accepted is True], seed)
        wrong = _drawn([sample for sample in whole if sample.accepted is False], seed)
        if right and wrong:
            yield _of_solutions(right, wrong, seed)


def _drawn(samples: Sequence[Candidate], seed: int) -> Candidate | None:
    ended = {sample.completion_key: sample for sample in samples if sample.extracted}
    order = ranked(list(ended), seed)
    return ended[order[0]] if order else None


def _of_solutions(right: Candidate, wrong: Candidate, seed: int) -> OversightQuestion:
    question_id = content_id(right.problem_id, right.policy, right.completion, wrong.completion)
    is_a = right_is_a(seed, question_id)
    a, b = (right, wrong) if is_a else (wrong, right)
    return OversightQuestion(
        question_id=question_id,
        kind="chains",
        prompt=right.prompt,
        passage=None,
        sentence=None,
        answer_a=a.completion,
        answer_b=b.completion,
        end_a=a.extracted,
        end_b=b.extracted,
        gold="a" if is_a else "b",
        problem_id=right.problem_id,
        policy=right.policy,
        num_tokens=a.num_tokens + b.num_tokens,
        split_group=right.split_group,
        key_a=a.completion_key,
        key_b=b.completion_key,
    )
