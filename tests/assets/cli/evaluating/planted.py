"""A state with the stored answers of two models, in a suite of one figure that a test can count itself."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import EvaluationDifference, EvaluationItem, SuiteAnswer, SuiteFigure
from datasets_registry.rows.row import Row
from datasets_registry.version import Derivation, Version
from methods.evaluation.conversations import converse
from methods.evaluation.measures import Measure, share
from methods.evaluation.suite import Answered, Suite
from tests.quality.evaluation.evaluated import BASELINE, MODEL, answer, difference, figure, item

SUITE = "harmlessness"
AT = "iterative_dpo/round_02/"
POLICY = f"{AT}policy"
NUMBERS = range(120)


def measured(answers: Sequence[Answered]) -> Iterable[Measure]:
    """The mean severity."""
    graded = [(each.answer.cluster, each.answer.grades[0].value or 0.0) for each in answers]
    return [share("severity", "lower", graded)]


PLANTED = Suite(SUITE, "how severe answers are", lambda: (), converse, lambda *_: (), measured)


def publish_answers(registry: Registry, model: str, severe: int, said: str = "An answer.") -> Version:
    """A version of the model's answers, of which the first ``severe`` are so."""
    rows = [answer(model, number, f"{said} {number}", float(number < severe)) for number in NUMBERS]
    how = Derivation(code_version=f"{model}{severe}", settings={}, inputs=(publish_items(registry),))
    version = registry.commit(SuiteAnswer, rows, how, f"{SuiteAnswer.dataset}/{model}")
    return registry.record_checks(version, [])


def publish_items(registry: Registry, at: str = "", question: str = "What is it?") -> Version:
    """The version of the items at a place, made once."""
    how = Derivation(code_version=question, settings={}, inputs=())
    rows = [item(number, question=question) for number in NUMBERS]
    version = registry.commit(EvaluationItem, rows, how, at + EvaluationItem.dataset)
    return registry.record_checks(version, [])


def publish_round(
    registry: Registry, folder: Path, *models: str, question: str = "What is it?", weights: str = ""
) -> None:
    """Answers at the place of a round; models of the round have its place before their name."""
    items = publish_items(registry, AT, question)
    for model in models:
        how = Derivation(code_version="1", settings={}, inputs=())
        given = registry.commit_model(model, folder, weights or model, how)
        rows = [answer(model, number, "A round's.", float(number < 30)) for number in NUMBERS]
        how = Derivation(code_version=model, settings={}, inputs=(items, given))
        name = f"{AT}{SuiteAnswer.dataset}/{model.removeprefix(AT)}"
        registry.record_checks(given, [])
        registry.record_checks(registry.commit(SuiteAnswer, rows, how, name), [])


def publish_compared(registry: Registry, text: str) -> None:
    """Answers of two models that say ``text``, with a difference and figures that are named so."""
    answers = (publish_answers(registry, MODEL, 2, text), publish_answers(registry, BASELINE, 3, text))
    how = Derivation(code_version="1", settings={}, inputs=answers)
    rows: tuple[tuple[type[Row], list[Row]], ...] = (
        (EvaluationDifference, [difference(text)]),
        (SuiteFigure, [figure(model, text, category=text, note=text) for model in (MODEL, BASELINE)]),
    )
    for row, made in rows:
        registry.record_checks(registry.commit(row, made, how), [])
