"""One seed of reranking: a lab policy, both reward models trained on its samples, and held-out samples."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import get_args

from benchmarks.sides.lab import MATHS, MAX_TOKENS, Lab, full, gold
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.prm import StepLabels
from datasets_registry.rows.rft import Candidate, GoldSolution, VerifiedPair
from datasets_registry.version import Version
from generation.request import Message, SamplingParams
from generation.scoring.outcomes import Answered, OutcomeScorer
from generation.scoring.steps import Stepped, StepScorer
from methods.prm.labels import label_steps
from methods.prm.rollouts import sample_rollouts
from methods.prm.settings import StepRolloutSettings
from methods.prm.solutions import SolutionSettings, choose_solutions
from methods.problems.families import FamilySettings, ProblemSettings, make_problems
from methods.reading.steps import split
from methods.rft.reranking import (
    Aggregate,
    best_of,
    majority,
    pass_at_n,
    solution_score,
    weighted_majority,
)
from methods.rft.stopping import StoppingRule
from methods.rft.verified_pairs import VerifiedPairSettings, verified_pairs
from methods.verifiers.verifier import verifier
from training.process_reward_model import process_reward_model
from training.reward_model import reward_model
from training.settings.process_reward_model import ProcessRewardSettings
from training.settings.reward_model import RewardSettings

PRM: Aggregate = "min"
AGGREGATES: tuple[Aggregate, ...] = get_args(Aggregate)
RATE = 5e-4
# whether each held-out problem is solved by each way of choosing among its samples; and how right both models
# are on training problems that they did not see
Chosen = tuple[dict[str, list[bool]], dict[str, float]]


@dataclass(frozen=True)
class Size:
    """How much of everything."""

    gold: int
    problems: int
    held_out: int
    base_steps: int
    many_gold: int
    strong_steps: int
    reward_steps: int
    samples: int
    per_problem: int
    best_of: int
    sizes: tuple[int, ...] = (3,)
    greatest: int = 20
    batch_size: int = 32


def stronger(lab: Lab, size: Size) -> Version:
    """What reward models start from: a policy that has seen many gold solutions, none of them held out."""
    problems = _problems(size, size.many_gold, 0, seed=1_000)
    settings = full(size.strong_steps, batch_size=size.batch_size)
    return lab.train(lab.given("lab"), lab.commit(GoldSolution, gold(problems)), settings)


def _problems(size: Size, train: int, evaluation: int, seed: int) -> list[Problem]:
    family = FamilySettings(
        family="sums",
        train=train,
        evaluation=evaluation,
        sizes=size.sizes,
        greatest=size.greatest,
        style="symbols",
    )
    return make_problems(ProblemSettings(families=(family,), seed=seed))


def chosen(lab: Lab, strong: Version, size: Size, seed: int) -> Chosen:
    """What one seed gives."""
    problems = _problems(size, size.gold + size.problems, size.held_out, seed)
    training = [problem for problem in problems if problem.split == "train"]
    policy = lab.train(
        lab.given("lab"),
        lab.commit(GoldSolution, gold(training[: size.gold])),
        full(size.base_steps, batch_size=size.batch_size, seed=seed),
    )
    drawn = lab.samples(policy, training[size.gold :], StoppingRule(max_draws=size.samples), seed=seed)
    prm = lab.train(strong, _labels(lab, strong, drawn, size), _process(size, seed), process_reward_model)
    pairs = lab.commit(
        VerifiedPair, verified_pairs(drawn, VerifiedPairSettings(per_problem=size.per_problem // 2))
    )
    orm = lab.train(strong, pairs, _outcome(size, seed), reward_model)
    held_out = [problem for problem in problems if problem.split == "evaluation"]
    held_out_scores = {"PRM, steps": _held_out(lab, prm), "ORM, pairs": _held_out(lab, orm)}
    return _chosen(lab, held_out, policy, prm, orm, size), held_out_scores


def _held_out(lab: Lab, model: Version) -> float:
    manifest = json.loads((lab.registry.folder(model) / "manifest.json").read_text())
    return float(manifest["metrics"]["held_out_accuracy"])


def _labels(lab: Lab, completer: Version, drawn: Sequence[Candidate], size: Size) -> Version:
    """Labels by another completer than drew: a weak one comes from wrong sums to right answers by chance."""
    settings = StepRolloutSettings(rollouts=SamplingParams(temperature=1.0, max_tokens=MAX_TOKENS))
    solutions = choose_solutions(drawn, SolutionSettings(per_problem=size.per_problem))
    with lab.completer(completer) as complete:
        model = complete.backend.fingerprint
        rollouts = list(
            sample_rollouts(solutions, complete, model, completer.name, verifier(MATHS), settings)
        )
    return lab.commit(StepLabels, label_steps(solutions, rollouts, completer.name, settings))


def _process(size: Size, seed: int) -> ProcessRewardSettings:
    trained = full(size.reward_steps, rate=RATE, batch_size=size.batch_size, seed=seed).model_dump()
    return ProcessRewardSettings(**trained, use_implied=True)


def _outcome(size: Size, seed: int) -> RewardSettings:
    """Half the steps, as each reads two solutions of every pair."""
    return RewardSettings(
        **full(size.reward_steps // 2, rate=RATE, batch_size=size.batch_size, seed=seed).model_dump()
    )


def _chosen(
    lab: Lab, problems: Sequence[Problem], policy: Version, prm: Version, orm: Version, size: Size
) -> dict[str, list[bool]]:
    drawn = lab.samples(policy, problems, StoppingRule(max_draws=size.best_of), seed=7)
    scores = _step_scores(lab, prm, drawn)
    ways: Mapping[str, Sequence[float | None]] = {
        **{f"PRM, {way}": [_score(steps, way) for steps in scores] for way in AGGREGATES},
        "ORM": _outcome_scores(lab, orm, drawn),
    }
    outcomes: dict[str, list[bool]] = {
        name: [] for name in ("one sample", "majority", f"PRM, {PRM}, vote", *ways)
    }
    outcomes[f"pass@{size.best_of}"] = []
    for _, group in groupby(range(len(drawn)), key=lambda place: drawn[place].problem_id):
        places = list(group)
        own = [drawn[place] for place in places]
        right = [bool(sample.accepted) for sample in own]
        answers = [sample.extracted for sample in own]
        outcomes["one sample"].append(right[0])
        outcomes["majority"].append(_voted(majority(answers), own))
        weights = [ways[f"PRM, {PRM}"][place] for place in places]
        outcomes[f"PRM, {PRM}, vote"].append(_voted(weighted_majority(answers, weights), own))
        outcomes[f"pass@{size.best_of}"].append(pass_at_n(right))
        for name, values in ways.items():
            best = best_of([values[place] for place in places])
            outcomes[name].append(best is not None and right[best])
    return outcomes


def _voted(answer: str | None, own: Sequence[Candidate]) -> bool:
    return any(sample.accepted and sample.extracted == answer for sample in own)


def _score(steps: list[float] | None, aggregate: Aggregate) -> float | None:
    return None if not steps else solution_score(steps, aggregate)


def _step_scores(lab: Lab, prm: Version, drawn: Sequence[Candidate]) -> list[list[float] | None]:
    """None for a sample that is no solution in steps, or was cut off."""
    parts = [split(sample.completion, "lines") for sample in drawn]
    usable = [
        place for place, part in enumerate(parts) if not part.failure and drawn[place].finish_reason == "stop"
    ]
    scorer = StepScorer(*lab.places(prm))
    solutions = [
        Stepped(
            (Message(role="user", content=drawn[place].prompt),), parts[place].steps, parts[place].separator
        )
        for place in usable
    ]
    scores: list[list[float] | None] = [None] * len(drawn)
    for place, score in zip(usable, scorer.scores(solutions), strict=True):
        scores[place] = score
    scorer.close()
    return scores


def _outcome_scores(lab: Lab, orm: Version, drawn: Sequence[Candidate]) -> list[float | None]:
    scorer = OutcomeScorer(*lab.places(orm))
    answers = [
        Answered((Message(role="user", content=sample.prompt),), sample.completion) for sample in drawn
    ]
    scores = scorer.scores(answers)
    scorer.close()
    return [
        score if sample.finish_reason == "stop" else None for sample, score in zip(drawn, scores, strict=True)
    ]
