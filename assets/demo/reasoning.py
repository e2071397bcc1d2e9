"""What rejection sampling and the step model did for the toy policy, on problems that nobody learned from.

Each policy answers every held-out problem as often as its candidates were drawn. The completions are in the
ledger and the results in the state folder, so that a second demo neither generates nor scores again.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import groupby
from operator import attrgetter

from assets.demo.drawn import Report, completing, kept, learners, taught
from assets.demo.finding import Finding, Side, finding
from assets.profile.profile import Profile
from assets.profile.rft import Rft
from datasets_registry.bases import base_folder
from datasets_registry.inspecting.origins import LAB
from datasets_registry.registry import Registry
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.prm import StepLabels
from datasets_registry.rows.rft import Candidate, RftControl, RftSelection
from datasets_registry.version import Version
from generation.request import Message
from generation.scoring.steps import Stepped, StepScorer
from methods.reading.steps import split
from methods.rft.reranking import best_of, majority, solution_score
from methods.rft.sampling import SampleSettings, sample_candidates
from methods.rft.stopping import StoppingRule
from methods.verifiers.contract import VerifierSettings
from methods.verifiers.verifier import verifier

SAMPLES = 8
REJECTION, RERANKING = "rejection sampling", "step model"


def planned(profile: Profile) -> Iterator[str]:
    """What will be measured of this profile, in words."""
    after, control = _taught(profile)
    if after:
        beside = ", beside a control of random samples" if control else ""
        yield (
            "accuracy of the toy reasoning policy on held-out problems, before and after rejection sampling"
            + beside
        )
    if _step_model(profile):
        yield f"choosing among {SAMPLES} solutions by the step model, against a vote"


def reasoning(profile: Profile, registry: Registry, report: Report) -> list[Finding]:
    """Both findings where the profile has what they are of, and all of it is built."""
    section, problems = profile.rft, registry.latest(Problem.dataset)
    policy = registry.latest(section.candidates.policies[0]) if section and _before(profile) else None
    if section is None or profile.problems is None or problems is None or policy is None:
        return []
    after, control, scorer = (
        registry.latest(name) if name else None for name in (*_taught(profile), _step_model(profile))
    )
    held_out = _held_out(registry.rows(Problem, problems), section)
    if not held_out:
        return []
    settings = SampleSettings(rule=StoppingRule(max_draws=SAMPLES), answers=section.candidates.answers)
    sampler = _Sampler(profile, registry, held_out, settings, profile.problems.verifier, report)
    versions = [problems, policy, *(each for each in (after, control, scorer) if each)]
    return kept(registry, versions, settings, partial(_findings, sampler, policy, after, control, scorer))


def _before(profile: Profile) -> str | None:
    """The policy that is sampled, where it is the toy one: of others so many samples take their time."""
    policies = profile.rft.candidates.policies if profile.rft else ()
    return policies[0] if policies and profile.given(policies[0]).model == LAB else None


def _taught(profile: Profile) -> tuple[str | None, str | None]:
    """The models that learned the selections, and their control, from where the sampled policy stood."""
    return taught(profile, _before(profile), RftSelection.dataset, RftControl.dataset)


def _step_model(profile: Profile) -> str | None:
    return next(iter(learners(profile, _before(profile), StepLabels.dataset)), None)


def _held_out(problems: Sequence[Problem], section: Rft) -> list[Problem]:
    families = section.candidates.families
    return [
        problem
        for problem in problems
        if problem.split == "evaluation" and (not families or problem.family in families)
    ]


class _Sampler:
    """Draws of policies for the held-out problems, through the ledger."""

    def __init__(
        self,
        profile: Profile,
        registry: Registry,
        problems: Sequence[Problem],
        settings: SampleSettings,
        verifying: VerifierSettings,
        report: Report,
    ) -> None:
        self._profile, self.registry, self.problems = profile, registry, problems
        self._settings, self._verifying, self._report = settings, verifying, report

    def drawn(self, policy: Version) -> list[list[Candidate]]:
        """The samples of each problem, in one order of problems for all policies."""
        with completing(policy, self._profile, self.registry, self._report) as complete:
            rows = list(
                sample_candidates(
                    self.problems,
                    complete,
                    complete.backend.fingerprint,
                    policy.name,
                    verifier(self._verifying),
                    self._settings,
                )
            )
        rows.sort(key=attrgetter("problem_id", "sample"))
        return [list(group) for _, group in groupby(rows, key=attrgetter("problem_id"))]


def _findings(
    sampler: _Sampler, policy: Version, after: Version | None, control: Version | None, scorer: Version | None
) -> Iterator[Finding]:
    drawn = sampler.drawn(policy)
    of = f"{len(drawn):,} held-out problems with {SAMPLES} samples of each"
    if after:
        yield finding(
            REJECTION,
            (policy.name, _accuracies(drawn)),
            _side(sampler, after),
            _side(sampler, control) if control else None,
            num_items=len(drawn) * SAMPLES,
            of=of,
        )
    if scorer:
        scores = _step_scores(sampler.registry, scorer, [sample for group in drawn for sample in group])
        reranked = [_best(group, scores[place * SAMPLES :]) for place, group in enumerate(drawn)]
        voted = [_voted(group) for group in drawn]
        yield finding(
            RERANKING,
            ("a vote", voted),
            (scorer.name, reranked),
            num_items=len(drawn),
            of=f"{of}, of which one is chosen",
            caution="docs/methods/prm.md measures how much training a step model needs.",
        )


def _side(sampler: _Sampler, policy: Version) -> Side:
    return policy.name, _accuracies(sampler.drawn(policy))


def _accuracies(drawn: Sequence[Sequence[Candidate]]) -> list[float]:
    return [sum(bool(sample.accepted) for sample in group) / len(group) for group in drawn]


def _voted(group: Sequence[Candidate]) -> float:
    answer = majority([sample.extracted for sample in group])
    return float(any(sample.accepted and sample.extracted == answer for sample in group))


def _best(group: Sequence[Candidate], scores: Sequence[float | None]) -> float:
    best = best_of(scores[: len(group)])
    return float(best is not None and bool(group[best].accepted))


def _step_scores(registry: Registry, model: Version, drawn: Sequence[Candidate]) -> list[float | None]:
    """The least of each solution's steps; None for a sample that is no solution in steps, or was cut off."""
    parts = [split(sample.completion, "lines") for sample in drawn]
    usable = [
        place for place, part in enumerate(parts) if not part.failure and drawn[place].finish_reason == "stop"
    ]
    folder = registry.folder(model)
    scorer = StepScorer(folder, base_folder(registry, folder))
    solutions = [
        Stepped((Message(role="user", content=drawn[at].prompt),), parts[at].steps, parts[at].separator)
        for at in usable
    ]
    scores: list[float | None] = [None] * len(drawn)
    try:
        for place, steps in zip(usable, scorer.scores(solutions), strict=True):
            scores[place] = solution_score(steps, "min") if steps else None
    finally:
        scorer.close()
    return scores
