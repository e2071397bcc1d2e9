"""Short passages of our own, with questions whose answer stands in one sentence."""

from pathlib import Path

from pydantic import Field

from datasets_registry.documents import read_toml, validated
from datasets_registry.errors import BadInput
from datasets_registry.hashing import content_id, ranked
from datasets_registry.importing.groups import split_group
from datasets_registry.rows.oversight.questions import PassageQuestion
from datasets_registry.settings import Seed, Settings
from methods.method import Inputs, Method, Models

PASSAGES = Path(__file__).with_name("passages.toml")
SOURCE, LICENCE = "Trimtab passages", "Apache-2.0"


class PassageSettings(Settings):
    """How many questions are taken, drawn by content; null takes all."""

    number: int | None = Field(None, ge=1)
    seed: Seed = 0


class Question(Settings):
    """A question, its answers and the sentence that decides."""

    question: str
    right: str
    wrong: str
    sentence: str


class Passage(Settings):
    """A passage and its questions."""

    passage: str
    questions: tuple[Question, ...] = Field(min_length=1)


class Passages(Settings):
    """All passages of a file."""

    passages: tuple[Passage, ...]


def make_passages(inputs: Inputs, models: Models, settings: PassageSettings) -> list[PassageQuestion]:
    """The questions on our own passages; raises BadInput where there are fewer than asked for."""
    rows = own_passages()
    number = len(rows) if settings.number is None else settings.number
    if number > len(rows):
        raise BadInput(
            f"oversight.passages.number is {number}, and there are {len(rows)} questions: lower it, or leave "
            "it out"
        )
    chosen = set(ranked([row.question_id for row in rows], settings.seed)[:number])
    return [row for row in rows if row.question_id in chosen]


PASSAGE_QUESTIONS = Method(make_passages, PassageSettings, PassageQuestion)


def own_passages() -> list[PassageQuestion]:
    """Every question on our own passages; raises BadInput where the file is not sound."""
    content = validated(Passages, read_toml(PASSAGES, "the passages"), str(PASSAGES))
    rows = [_row(each.passage, question) for each in content.passages for question in each.questions]
    for row in rows:
        require_decided(row)
    return rows


def _row(passage: str, question: Question) -> PassageQuestion:
    return PassageQuestion(
        question_id=content_id(passage, question.question, question.right, question.wrong),
        passage=passage,
        prompt=question.question,
        right_answer=question.right,
        wrong_answer=question.wrong,
        sentence=question.sentence,
        split_group=split_group(passage),
        source=SOURCE,
        licence=LICENCE,
    )


def require_decided(row: PassageQuestion) -> None:
    """Raise BadInput where a question has one answer, two equal ones, or a sentence not of its passage."""
    answers = [" ".join(answer.split()).casefold() for answer in (row.right_answer, row.wrong_answer)]
    if not all(answers):
        raise BadInput(f"question {row.prompt!r} has one answer alone: give it a right one and a wrong one")
    if answers[0] == answers[1]:
        raise BadInput(
            f"question {row.prompt!r} has two equal answers, {row.right_answer!r}: give it a wrong one"
        )
    if not row.sentence.strip() or row.sentence not in row.passage:
        raise BadInput(
            f"question {row.prompt!r}: its passage lacks the sentence {row.sentence!r}: copy the one that "
            "holds the answer, word for word"
        )
