"""How long all figures and differences of ten models take, of twelve suites with a hundred items each."""

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from benchmarks.sides.figure import Figure, at_most
from datasets_registry.rows.evaluation import EvaluationItem, Grade, SuiteAnswer
from methods.evaluation.conversations import unanswered
from methods.evaluation.items import own_item, said
from methods.evaluation.measures import Measure, drawn, mean_of, share
from methods.evaluation.suite import Answered, Suite
from methods.evaluation.suites.named import SUITES
from quality.evaluation.answered import ByModel, answered
from quality.evaluation.differences import differences
from quality.evaluation.figures import figures

MODELS, ITEMS, GRADES, SUITES_ASKED, QUICK_SUITES = 10, 100, 12, 12, 2
SECONDS = 60.0


def speed(quick: bool) -> list[Figure]:
    """Seconds of a core for both; a quick run has fewer suites, and as much less time."""
    count = QUICK_SUITES if quick else SUITES_ASKED
    suites = {f"suite {number}": _suite(f"suite {number}") for number in range(count)}
    asked = _asked(suites)
    start = time.process_time()
    num_figures = len(list(figures(asked, suites=suites)))
    num_differences = len(list(differences(asked, "model 0", suites=suites)))
    seconds = time.process_time() - start
    name = f"{num_figures} figures and {num_differences} differences of {MODELS} models"
    return [at_most(name, seconds, "s", SECONDS * count / SUITES_ASKED)]


def _suite(name: str) -> Suite:
    return replace(next(iter(SUITES.values())), name=name, figures=_measures)


def _measures(asked: Sequence[Answered]) -> Iterator[Measure]:
    """Shares, means, and one figure that is computed draw by draw."""
    for name in (grade.name for grade in asked[0].answer.grades):
        values = [(each.answer.cluster, grade.value) for each in asked if (grade := each.grade(name))]
        numbers = [(cluster, value) for cluster, value in values if value is not None]
        yield (share if name.startswith("right") else mean_of)(name, "higher", numbers)
    yield drawn("greatest", "higher", numbers, max)


def _asked(suites: dict[str, Suite]) -> ByModel:
    items = [_item(suite, number) for suite in suites for number in range(ITEMS)]
    numbers = random.Random(0)
    answers = [_answer(f"model {model}", item, numbers) for model in range(MODELS) for item in items]
    return answered(items, answers)


def _item(suite: str, number: int) -> EvaluationItem:
    return own_item(suite, said(f"question {number}"), content=number, category="one")


def _answer(model: str, item: EvaluationItem, numbers: random.Random) -> SuiteAnswer:
    grades = [
        Grade(
            name=f"{'right' if number % 2 else 'score'} {number}",
            value=float(numbers.random() < 0.5),
            keys=[],
        )
        for number in range(GRADES)
    ]
    return unanswered(model, item).model_copy(update={"grades": grades})
