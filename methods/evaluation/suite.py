"""A suite: the items that it asks, how answers are graded, and the figures that they give."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from datasets_registry.rows.evaluation import EvaluationItem, Grade, SuiteAnswer
from datasets_registry.settings import Seed, Settings
from generation.completer import Complete
from generation.request import SamplingParams
from methods.evaluation.measures import Measure
from methods.judging.comparison import ComparisonSettings
from methods.judging.rules import Rule
from methods.judging.score import ScoreSettings

# the variant of an item that has one form
PLAIN = "plain"
ItemId = tuple[str, str, str, int]


def place_of(answer: SuiteAnswer) -> ItemId:
    """Suite, item, variant and sample: what two models' answers are matched by."""
    return answer.suite, answer.item_id, answer.variant, answer.sample


@dataclass(frozen=True)
class Answered:
    """An item with a model's answer to it."""

    item: EvaluationItem
    answer: SuiteAnswer

    @property
    def place(self) -> ItemId:
        """What two models' answers are matched by."""
        return place_of(self.answer)

    @property
    def text(self) -> str:
        """The last answer; empty where there is none."""
        return self.answer.turns[-1].completion if self.answer.turns else ""

    def grade(self, name: str) -> Grade | None:
        """The grade of that name; None where it was not given, or says nothing."""
        given = next((grade for grade in self.answer.grades if grade.name == name), None)
        return None if given is None or given.failure else given


class AskingSettings(Settings):
    """How models under evaluation are asked."""

    system_prompt: str | None = None
    answers: SamplingParams = SamplingParams(max_tokens=512)
    num_samples: int = 1
    seed: Seed = 0


@dataclass(frozen=True)
class Policy:
    """A model under evaluation, as it is asked; thought is no part of its answers.

    One that is ``hosted`` gives no likelihood of a text, which takes the tokenizer that its server keeps.
    """

    name: str
    complete: Complete
    fingerprint: str
    settings: AskingSettings
    thinks: bool = False
    hosted: bool = False

    @property
    def scores_choices(self) -> bool:
        """Whether the likelihood of a given answer says something of it."""
        return not (self.thinks or self.hosted)


class GradingSettings(Settings):
    """How answers are judged: the judge's ways, the questions of comparisons, and rules of principles."""

    comparison: ComparisonSettings = ComparisonSettings()
    scores: ScoreSettings = ScoreSettings()
    questions: Mapping[str, str] = {}
    rules: Mapping[str, Rule] = {}


@dataclass(frozen=True)
class Judge:
    """The judging model, as it is asked."""

    name: str
    complete: Complete
    fingerprint: str


class RewardModel(Protocol):
    """A reward model, which is read from where it is stored."""

    @property
    def folder(self) -> Path:
        """Its weights, tokenizer and chat template."""
        ...

    @property
    def base_folder(self) -> Path | None:
        """The directory of the model that it is stored as an adapter over, where it is."""
        ...


@dataclass(frozen=True)
class Grading:
    """What grades may use: a judge, the baseline's answers by their place, and reward models."""

    settings: GradingSettings
    judge: Judge | None = None
    baseline: Mapping[ItemId, SuiteAnswer] = field(default_factory=dict)
    rewards: Sequence[RewardModel] = ()

    def require_judge(self) -> Judge:
        """The judge of a suite that needs one."""
        assert self.judge is not None, "a suite that is judged is refused without a judge before it is asked"
        return self.judge


Ask = Callable[[Policy, Sequence[EvaluationItem]], Sequence[SuiteAnswer]]
Graded = Callable[[Sequence[Answered], Grading], Sequence[Sequence[Grade]]]
Templates = Callable[[GradingSettings], Sequence[str]]


@dataclass(frozen=True)
class Workload:
    """Answers to be judged: how many, their turns in all, and whether a baseline's are beside them."""

    answers: int
    turns: int
    compared: bool = False


def once(settings: AskingSettings) -> int:
    """One answer to an item."""
    return 1


def no_calls(settings: GradingSettings, workload: Workload) -> int:
    """No judge is asked."""
    return 0


def no_templates(settings: GradingSettings) -> Sequence[str]:
    """No prompt template is filled."""
    return ()


@dataclass(frozen=True)
class Suite:
    """One thing to measure: items → requests → rows → figures.

    ``items`` are our own; ``ask`` answers them; ``grade`` gives the grades of each answer, in order;
    ``figures`` are of one model's answers that have no failure. ``variants`` are of one item; an item of
    which fewer are there is left out as a whole.

    ``samples`` counts the answers to an item, ``judge_calls`` the judge's calls at most; ``scores_choices``
    says that the likelihood of each choice is asked for.
    """

    name: str
    measures: str
    items: Callable[[], Sequence[EvaluationItem]]
    ask: Ask
    grade: Graded
    figures: Callable[[Sequence[Answered]], Iterable[Measure]]
    templates: Templates = no_templates
    judged: bool = False
    num_turns: int = 1
    samples: Callable[[AskingSettings], int] = once
    scores_choices: bool = False
    judge_calls: Callable[[GradingSettings, Workload], int] = no_calls
