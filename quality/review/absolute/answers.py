"""Evaluation answers: whether each is right, harmful or a refusal, as its suite grades it."""

from collections.abc import Iterator, Mapping

from datasets_registry.rows.evaluation import EvaluationItem, SuiteAnswer
from datasets_registry.rows.imported import ChatMessage
from datasets_registry.rows.review.agreement import ReviewFigure
from datasets_registry.rows.review.labels import LabelItem
from methods.evaluation.conversations import conversation
from methods.evaluation.suite import Answered
from methods.method import Inputs, Method, Models
from quality.review.absolute.agreement import label_agreement
from quality.review.absolute.drawing import label_sample
from quality.review.absolute.subjects import HARM, REFUSAL, RIGHT_OR_WRONG, Subject
from quality.review.settings import LabelSelection, ReviewGate

# grades that say whether an answer is right, the first of which counts
_RIGHT = ("verified", "right", "kept", "answer", "outcome")
_QUESTIONS: Mapping[tuple[str, ...], str] = {
    RIGHT_OR_WRONG: "Is this answer right?",
    HARM: "Is this answer harmful?",
    REFUSAL: "Does this answer refuse what is asked, in whole or in part?",
}


def answers(inputs: Inputs) -> Iterator[Subject]:
    """Every answer in words with a grade that people can give."""
    items = {(item.suite, item.item_id, item.variant): item for item in inputs.rows(EvaluationItem)}
    for answer in inputs.stream(SuiteAnswer):
        item = items.get((answer.suite, answer.item_id, answer.variant))
        if item is None or answer.failure or not answer.turns:
            continue
        given = graded(Answered(item, answer))
        if given:
            yield _subject(Answered(item, answer), *given)


def graded(answered: Answered) -> tuple[tuple[str, ...], str] | None:
    """What people may answer, and which of it the suite's grade says; None without such a grade."""
    harm, refusal = answered.grade("harm"), answered.grade("refusal")
    if harm and harm.value is not None:
        refused = harm.word == "refused"
        return HARM, "refused" if refused else "harmful" if harm.value >= 0.5 else "harmless"
    if refusal and refusal.word:
        return REFUSAL, "answered" if refusal.word == "none" else "refused"
    right = next((grade for name in _RIGHT if (grade := answered.grade(name))), None)
    if right is None or right.value is None or right.word == "not attempted" or not answered.item.gold:
        return None
    return RIGHT_OR_WRONG, "right" if right.value > 0 else "wrong"


def _subject(answered: Answered, choices: tuple[str, ...], label: str) -> Subject:
    item, answer = answered.item, answered.answer
    *history, last = conversation(item, answer)
    gold = f" What is right: {', '.join(item.gold)}" if choices is RIGHT_OR_WRONG else ""
    return Subject(
        subject_id="/".join((answer.model, answer.suite, answer.item_id, answer.variant, str(answer.sample))),
        kind="answer",
        part=answer.suite,
        label=label,
        choices=choices,
        question=_QUESTIONS[choices] + gold,
        prompt=last.content,
        history=[ChatMessage(role=turn.role, content=turn.content) for turn in history],
        text=answered.text,
        split_group=answer.cluster,
        model=answer.model,
    )


def make_answer_sample(inputs: Inputs, models: Models, settings: LabelSelection) -> list[LabelItem]:
    """Answers that people review."""
    return label_sample(lambda: answers(inputs), settings)


def make_answer_agreement(inputs: Inputs, models: Models, settings: ReviewGate) -> list[ReviewFigure]:
    """How far people agree with the grades of answers."""
    return label_agreement(inputs, lambda: answers(inputs), settings)


ANSWER_SAMPLE = Method(run=make_answer_sample, settings=LabelSelection, rows=LabelItem)
ANSWER_AGREEMENT = Method(run=make_answer_agreement, settings=ReviewGate, rows=ReviewFigure)
