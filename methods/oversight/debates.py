"""Debates: questions with two opposed answers under every protocol, in both seatings."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import islice
from statistics import median
from typing import TYPE_CHECKING

from datasets_registry.errors import BadInput
from datasets_registry.rows.oversight.debates import Debate
from datasets_registry.rows.oversight.questions import OversightQuestion, Side
from methods.judging.questions import own_turn_templates
from methods.method import Inputs, Method, Model, Models
from methods.oversight.arguing import Choose
from methods.oversight.asked import asked
from methods.oversight.chains import judge_chains
from methods.oversight.likelihood import Likelihood, whole_solutions
from methods.oversight.passage_debates import argue_passages, judge_passages
from methods.oversight.settings import DebateSettings
from methods.verifiers.verifier import verifier

if TYPE_CHECKING:
    from generation.scoring.outcomes import Answered

# questions of which all that is said is in memory at once
WINDOW = 512


def debate_templates(settings: DebateSettings) -> tuple[str, ...]:
    """The prompt templates that are filled under ``settings``."""
    by_protocol = {
        "naive": ("blind_verdict",),
        "self_consistency": ("blind_verdict", "answer_line_reasoned"),
        "direct": ("passage_verdict",),
        "open_consultancy": ("passage_verdict", "consultant_argument", "consultant_verdict"),
        "consultancy": ("consultant_argument", "consultant_verdict"),
        "debate": ("debate_argument", "debate_verdict"),
    }
    names = {name for protocol in settings.protocols for name in by_protocol[protocol]}
    return (*sorted({*names, *own_turn_templates(settings.judging)}),)


def make_debates(inputs: Inputs, models: Models, settings: DebateSettings) -> Iterator[Debate]:
    """The rows of all ``oversight_questions``, a window of them at a time.

    Raises BadInput where the judge argues too, and where ``best_of`` has no model to choose by.
    """
    debater, judge = models["debater"], models["judge"]
    chains_judge = next(iter(models.every("chains_judge")), judge)
    judges = {"judge": judge} | ({} if chains_judge is judge else {"chains_judge": chains_judge})
    require_two(debater, judges, inputs.stream(OversightQuestion), settings)
    if settings.best_of > 1 and not models.every("preference_model"):
        raise BadInput(
            f"best_of is {settings.best_of}, and no model chooses the best argument: name preference_model, "
            "or set best_of to 1"
        )
    accepted = _accepted(inputs, chains_judge, settings)
    choose = _chooser(models) if settings.best_of > 1 else None
    for window in _windows(inputs.stream(OversightQuestion)):
        yield from _debated(window, debater, judge, chains_judge, settings, accepted, choose)


DEBATES = Method(make_debates, DebateSettings, Debate, prompts=debate_templates, generates=True)


def require_two(
    debater: Model,
    judges: Mapping[str, Model],
    questions: Iterable[OversightQuestion],
    settings: DebateSettings,
) -> None:
    """Raise BadInput where a judge is the debater, or wrote the solutions that it judges, unless said.

    ``judges`` are by role; the last one judges worked solutions.
    """
    if settings.debater_judges:
        return
    policies, (*_, last) = {question.policy for question in questions}, judges
    for role, judge in judges.items():
        with asked(debater) as arguing, asked(judge) as judging:
            same = arguing.model == judging.model
        if same or (role == last and judge.name in policies):
            what = "what it argues itself" if same else "solutions that it wrote"
            raise BadInput(
                f"{judge.name!r} judges {what}: name a weaker model as oversight.debates.{role}, or set "
                "debater_judges = true"
            )


def _windows(questions: Iterable[OversightQuestion]) -> Iterator[list[OversightQuestion]]:
    left = iter(questions)
    while window := list(islice(left, WINDOW)):
        yield window


def _debated(
    window: list[OversightQuestion],
    debater: Model,
    judge: Model,
    chains_judge: Model,
    settings: DebateSettings,
    accepted: float | None,
    choose: Choose | None,
) -> Iterator[Debate]:
    """Debaters are done before anybody judges, so that one model at a time needs a card."""
    passages = [question for question in window if question.kind == "passage"]
    chains = [question for question in window if question.kind == "chains"]
    opens = "open_consultancy" in settings.protocols
    with asked(debater) as arguing:
        argued = argue_passages(passages, arguing, settings, choose) if passages else None
        whole = whole_solutions("choices of a solution", chains, arguing) if opens else []
    chosen = {
        question.question_id: _likelier(a, b)
        for question, (a, b) in zip(chains if opens else (), whole, strict=True)
    }
    if argued:
        with asked(judge) as judging:
            yield from judge_passages(passages, argued, judging, settings)
    if chains:
        verify = verifier(settings.verifier, chains_judge.thought_marks)
        with asked(chains_judge) as judging:
            yield from judge_chains(chains, judging, settings, verify, accepted, chosen)


def _likelier(a: Likelihood, b: Likelihood) -> Side | None:
    """The solution that a model finds likelier by a token; None where it finds neither."""
    if a.mean is None or b.mean is None or a.mean == b.mean:
        return None
    return "a" if a.mean > b.mean else "b"


def _accepted(inputs: Inputs, judge: Model, settings: DebateSettings) -> float | None:
    """The median of the judge's mean log-likelihoods of all solutions; None where none is shown alone."""
    if not {"consultancy", "open_consultancy"} & set(settings.protocols):
        return None
    means: list[float] = []
    with asked(judge) as judging:
        chains = (question for question in inputs.stream(OversightQuestion) if question.kind == "chains")
        for window in _windows(chains):
            for both in whole_solutions("whole solutions", window, judging):
                means += [solution.mean for solution in both if solution.mean is not None]
    return median(means) if means else None


def _chooser(models: Models) -> Choose:
    """The preference model, which scores an argument as an answer to what its debater was asked."""
    from generation.cards.turns import alone
    from generation.scoring.outcomes import OutcomeScorer

    model = models["preference_model"]

    def choose(arguments: "Sequence[Answered]") -> list[float | None]:
        # it seldom fits beside the debater, whose turn comes again afterwards
        with (
            alone("a preference model"),
            closing(OutcomeScorer(model.folder, model.base_folder)) as scorer,
        ):
            return scorer.scores(arguments)

    return choose
