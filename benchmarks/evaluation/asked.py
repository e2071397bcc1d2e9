"""Every suite put to the plain model and to each planted one, and graded by the scripted judge."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.evaluation.judge import judge
from benchmarks.evaluation.plain import plain
from benchmarks.evaluation.planted import DRAWS, PLAIN, PLANTED, Model
from benchmarks.evaluation.rewards import reward_models
from benchmarks.evaluation.seen import Questions
from datasets_registry.rows.evaluation import EvaluationItem, SuiteAnswer
from generation.scripted import completing
from methods.evaluation.answers import graded_by
from methods.evaluation.suite import (
    AskingSettings,
    Grading,
    GradingSettings,
    Judge,
    Policy,
    RewardModel,
    Suite,
)
from methods.evaluation.suites.named import SUITES
from methods.evaluation.suites.names import OVER_OPTIMISATION
from quality.evaluation.answered import ByModel, answered

ASKING = AskingSettings(num_samples=DRAWS)
JUDGE = Judge("scripted", completing(judge), "scripted")
QUESTIONS = {"helpful": "Which response helps more?", "red_team": "Which response helps more?"}
ItemsBySuite = Mapping[Suite, Sequence[EvaluationItem]]


def items_of(*names: str) -> ItemsBySuite:
    """Our own items of the named suites, or of all."""
    return {SUITES[name]: list(SUITES[name].items()) for name in names or SUITES}


def all_answers(items: ItemsBySuite, models: Mapping[str, Model] = PLANTED) -> ByModel:
    """The graded answers of the plain model, and of the others compared with it."""
    every = [item for of_suite in items.values() for item in of_suite]
    with _rewards(items) as rewards:
        asked = _Asked(items, Questions(every), rewards)
        baseline = list(asked.graded(PLAIN, plain, ()))
        rows = [row for name, model in models.items() for row in asked.graded(name, model, baseline)]
        return answered(every, [*asked.graded(PLAIN, plain, baseline), *rows])


@contextmanager
def _rewards(items: ItemsBySuite) -> Iterator[Sequence[RewardModel]]:
    """The reward models, where a suite needs them."""
    if all(suite.name != OVER_OPTIMISATION for suite in items):
        yield ()
        return
    with TemporaryDirectory() as folder:
        yield reward_models(Path(folder))


@dataclass(frozen=True)
class _Asked:
    """What is asked, and what rewards the answers."""

    items: ItemsBySuite
    questions: Questions
    rewards: Sequence[RewardModel]

    def graded(self, name: str, model: Model, baseline: Sequence[SuiteAnswer]) -> Iterator[SuiteAnswer]:
        """A model's answers with their grades."""
        complete = completing(lambda request: model(self.questions.seen(request)))
        policy = Policy(name=name, complete=complete, fingerprint=name, settings=ASKING)
        answers = [row for suite, of_suite in self.items.items() for row in suite.ask(policy, of_suite)]
        places = {(row.suite, row.item_id, row.variant, row.sample): row for row in baseline}
        grading = Grading(GradingSettings(questions=QUESTIONS), JUDGE, places, self.rewards)
        return graded_by(self.items, answers, grading, ())
