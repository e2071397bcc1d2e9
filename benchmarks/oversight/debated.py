"""One seed of debates: a lab policy's worked solutions, judged by weaker ones under every protocol."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from operator import attrgetter
from pathlib import Path
from statistics import fmean

from pydantic import BaseModel, ConfigDict

from benchmarks.oversight.roles import LabModel, debates
from benchmarks.sides.lab import MATHS, MAX_TOKENS, Lab, full, gold
from datasets_registry.hashing import content_id
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.oversight.debates import Debate, Protocol
from datasets_registry.rows.rft import GoldSolution
from datasets_registry.version import Version
from generation.request import SamplingParams
from methods.oversight.questions import chain_questions
from methods.oversight.settings import EVERY, DebateSettings
from methods.problems.families import FamilySettings, ProblemSettings, make_problems
from methods.rft.stopping import StoppingRule

# of judges that are there for their strength alone; none samples, which takes longest
SHORT: tuple[Protocol, ...] = ("naive", "consultancy", "direct", "debate")


@dataclass(frozen=True)
class Size:
    """How much of everything; debater and judges differ in their steps alone.

    The judge of ``judge_steps`` has every protocol, ``others`` are judges of other strengths.
    """

    gold: int
    problems: int
    debater_steps: int
    judge_steps: int
    others: tuple[int, ...]
    draws: int = 8
    sampled: int = 400
    greatest: int = 20
    batch_size: int = 32


class Judged(BaseModel):
    """What one judge made of the questions: credits by protocol and question, and tokens of a row.

    ``solves`` is how often it solves problems itself, sampled; ``unjudged`` the rows without a verdict.
    """

    model_config = ConfigDict(frozen=True)

    solves: float
    credits: dict[Protocol, list[float]]
    tokens: dict[Protocol, float]
    unjudged: dict[Protocol, float]

    def accuracy(self, protocol: Protocol) -> float:
        """The mean credit of a question."""
        return fmean(self.credits[protocol])

    def gains(self, control: Protocol) -> list[float]:
        """Of each question the debate's credit less the control's."""
        pairs = zip(self.credits["debate"], self.credits[control], strict=True)
        return [debate - other for debate, other in pairs]


class Debated(BaseModel):
    """One seed: how often the debater solves problems, sampled, and its judges by their steps."""

    model_config = ConfigDict(frozen=True)

    seed: int
    debater: float
    judges: dict[int, Judged]


def kept(folder: Path, size: Size, seed: int) -> Debated:
    """The seed as it is kept in ``folder``, made if it is not there yet."""
    path = folder / f"debates_{seed}_{content_id(asdict(size))}.json"
    if not path.exists():
        result = debated(Lab(folder / f"lab_{seed}"), size, seed)
        written = path.with_suffix(".part")
        written.write_text(result.model_dump_json())
        written.replace(path)
    return Debated.model_validate_json(path.read_text())


def debated(lab: Lab, size: Size, seed: int) -> Debated:
    """Train the debater and its judges, sample its solutions, and judge them under the protocols."""
    training = _problems(size, seed)
    learned, asked = training[: size.gold], training[size.gold :]
    dataset, base = lab.commit(GoldSolution, gold(learned)), lab.given("lab")

    def trained(steps: int) -> Version:
        return lab.train(base, dataset, full(steps, batch_size=size.batch_size, seed=seed))

    def solves(model: Version) -> float:
        return fmean(lab.right(model, asked[: size.sampled], 1.0))

    debater = trained(size.debater_steps)
    drawn = lab.samples(debater, asked, StoppingRule(until="mixed", max_draws=size.draws), seed=seed)
    questions = list(chain_questions(sorted(drawn, key=attrgetter("problem_id", "policy", "sample")), seed))
    judges = {}
    for steps in (size.judge_steps, *size.others):
        judge = trained(steps)
        protocols = EVERY if steps == size.judge_steps else SHORT
        by = LabModel("debater", lab, debater), LabModel("judge", lab, judge)
        judges[steps] = _judged(solves(judge), debates(questions, *by, _settings(protocols, seed)))
    return Debated(seed=seed, debater=solves(debater), judges=judges)


def _settings(protocols: tuple[Protocol, ...], seed: int) -> DebateSettings:
    own = SamplingParams(max_tokens=MAX_TOKENS)
    return DebateSettings(protocols=protocols, max_samples=16, own_answers=own, verifier=MATHS, seed=seed)


def _judged(solves: float, rows: Sequence[Debate]) -> Judged:
    by_protocol = {name: [row for row in rows if row.protocol == name] for name in EVERY}
    present = {name: of for name, of in by_protocol.items() if of}
    return Judged(
        solves=solves,
        credits={name: credits(of) for name, of in present.items()},
        tokens={name: fmean(row.num_tokens for row in of) for name, of in present.items()},
        unjudged={name: fmean(row.verdict is None for row in of) for name, of in present.items()},
    )


def credits(rows: Sequence[Debate]) -> list[float]:
    """Of each question the mean credit of its rows, by id; one half for a row without a verdict."""
    by_question: dict[str, list[float]] = {}
    for row in rows:
        by_question.setdefault(row.question_id, []).append(0.5 if row.credit is None else row.credit)
    return [fmean(of) for _, of in sorted(by_question.items())]


def _problems(size: Size, seed: int) -> list[Problem]:
    family = FamilySettings(
        family="sums",
        train=size.gold + size.problems,
        evaluation=0,
        sizes=(3,),
        greatest=size.greatest,
        style="symbols",
    )
    return make_problems(ProblemSettings(families=(family,), seed=seed))
