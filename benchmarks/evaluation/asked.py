"""Every suite put to the plain model and to each planted one, and graded by the scripted judge."""

from collections.abc import Iterator, Mapping, Sequence

from benchmarks.evaluation.judge import judge
from benchmarks.evaluation.plain import plain
from benchmarks.evaluation.planted import PLAIN, PLANTED, Model
from benchmarks.evaluation.seen import Questions
from datasets_registry.rows.evaluation import EvaluationItem, SuiteAnswer
from generation.scripted import completing
from methods.evaluation.answers import graded_by
from methods.evaluation.suite import AskingSettings, Grading, GradingSettings, Judge, Policy, Suite
from methods.evaluation.suites.named import SUITES
from quality.evaluation.answered import ByModel, answered

# it needs a reward model, which no script is
LEFT_OUT = ("over_optimisation",)
QUESTIONS = {"helpful": "Which response helps more?", "red_team": "Which response helps more?"}
ItemsBySuite = Mapping[Suite, Sequence[EvaluationItem]]


def items_of(*names: str) -> ItemsBySuite:
    """Our own items of the named suites, or of all."""
    asked = names or [name for name in SUITES if name not in LEFT_OUT]
    return {SUITES[name]: list(SUITES[name].items()) for name in asked}


def all_answers(items: ItemsBySuite, models: Mapping[str, Model] = PLANTED) -> ByModel:
    """The graded answers of the plain model, and of the others compared with it."""
    every = [item for of_suite in items.values() for item in of_suite]
    questions = Questions(every)
    baseline = list(_graded(PLAIN, plain, items, questions, ()))
    others = [
        row for name, model in models.items() for row in _graded(name, model, items, questions, baseline)
    ]
    return answered(every, [*_graded(PLAIN, plain, items, questions, baseline), *others])


def _graded(
    name: str,
    model: Model,
    items: ItemsBySuite,
    questions: Questions,
    baseline: Sequence[SuiteAnswer],
) -> Iterator[SuiteAnswer]:
    complete = completing(lambda request: model(questions.seen(request)))
    policy = Policy(name=name, complete=complete, fingerprint=name, settings=AskingSettings())
    answers = [row for suite, of_suite in items.items() for row in suite.ask(policy, of_suite)]
    places = {(row.suite, row.item_id, row.variant, row.sample): row for row in baseline}
    settings = GradingSettings(questions=QUESTIONS)
    return graded_by(
        items, answers, Grading(settings, Judge("scripted", completing(judge), "scripted"), places), ()
    )
