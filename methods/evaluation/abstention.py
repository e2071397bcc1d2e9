"""Answers that may abstain: read by phrases, and where these are unsure by a judge who names one letter."""

from collections.abc import Sequence

from datasets_registry.rows.evaluation import Grade
from generation.request import Completion
from methods.evaluation.suite import Answered, Grading
from methods.judging.comparison import ComparisonSettings
from methods.judging.conversation import messages_of
from methods.judging.questions import Form, letter_requests, own_turn_templates, tally
from methods.judging.quotation import quoted, quoted_conversation
from methods.reading.abstentions import abstains
from methods.templates import fill

ABSTAINED, TEMPLATE, _ALONE = "abstained", "abstention", "answer_letter"
_FORM = Form("Abstention", ("A", "B"), "A or B", opening="Answer:", ends=".:)", wrong="neither A nor B")
UNSURE = "phrases are unsure whether it abstains, and there is no judge"


def abstention_templates(settings: ComparisonSettings) -> tuple[str, ...]:
    """The names of the prompt templates that are used where a judge is asked."""
    return (TEMPLATE, *(own_turn_templates(settings) or (_ALONE,)))


def abstention_grades(answered: Sequence[Answered], grading: Grading) -> list[Grade]:
    """Whether each answer abstains (1) or not (0); without a value where nobody can tell."""
    read = [abstains(each.text) for each in answered]
    unsure = [each for each, known in zip(answered, read, strict=True) if known is None]
    judged = iter(_judged(unsure, grading))
    return [next(judged) if known is None else _grade(known, "phrases") for known in read]


def _grade(abstained: bool, by: str, keys: Sequence[str] = ()) -> Grade:
    return Grade(name=ABSTAINED, value=float(abstained), word=f"by {by}", keys=list(keys))


def _judged(answered: Sequence[Answered], grading: Grading) -> list[Grade]:
    judge, settings = grading.judge, grading.settings.comparison
    if judge is None:
        return [Grade(name=ABSTAINED, value=None, failure=UNSURE) for _ in answered]
    calls = [letter_requests((), _question(each, settings), _FORM, settings) for each in answered]
    requests = [request for call in calls for request in call]
    completions = iter(judge.complete("abstentions", requests) if requests else [])
    return [
        _read(
            [next(completions) for _ in call], settings, [request.key(judge.fingerprint) for request in call]
        )
        for call in calls
    ]


def _question(answered: Answered, settings: ComparisonSettings) -> str:
    text = fill(
        TEMPLATE,
        conversation=quoted_conversation(messages_of(answered.item.messages)),
        response=quoted(answered.text),
    )
    return text if settings.in_own_turn else f"{text}\n\n{fill(_ALONE)}"


def _read(completions: Sequence[Completion], settings: ComparisonSettings, keys: Sequence[str]) -> Grade:
    """The likelier letter; equal ones, and a call that names none, say nothing."""
    if settings.verdicts == "probabilities":
        share, failure = _by_probability(completions[0], settings.max_outside_probability)
    else:
        replies = tally(completions, _FORM, settings)
        share, failure = (0.5 if replies.failure else replies.share("B")), replies.failure
    if failure is None and share == 0.5:
        failure = "both letters are equally likely"
    if failure:
        return Grade(name=ABSTAINED, value=None, failure=f"judge: {failure}", keys=list(keys))
    return _grade(share > 0.5, "judge", keys)


def _by_probability(completion: Completion, max_outside: float) -> tuple[float, str | None]:
    """The share of the two letters' probability that B has, or why there is none."""
    raw = completion.choice_probabilities
    if completion.error is not None:
        return 0.5, f"error: {completion.error}"
    if raw is None or len(raw) != len(_FORM.options) or sum(raw) <= 0:
        return 0.5, "no choice probabilities"
    if (completion.outside_probability or 0.0) > max_outside:
        return 0.5, f"{completion.outside_probability:.0%} of the probability lies outside the letters"
    return raw[1] / sum(raw), None
