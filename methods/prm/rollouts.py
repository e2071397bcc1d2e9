"""Rollouts from the first steps of solutions, as many as their labels need."""

from collections.abc import Iterable, Iterator
from itertools import chain

from datasets_registry.rows.prm import Solution, StepRollout
from generation.completer import Complete
from generation.streaming.flow import in_order
from generation.streaming.planning import allow
from generation.streaming.tasks import Task
from methods.method import Inputs, Method, Models
from methods.prm.pool import Prefix, Rollout, RolloutPool, prefix_of
from methods.prm.search import Measured, Phase, Search
from methods.prm.settings import StepRolloutSettings
from methods.verifiers.contract import VerifierSettings, Verify
from methods.verifiers.verifier import verifier

STAGE = "rollouts"
# solutions whose rollouts are drawn at a time
WINDOW = 1_024


class VerifiedRolloutSettings(StepRolloutSettings):
    """With the verifier."""

    verifier: VerifierSettings


def rollout_settings(steps: StepRolloutSettings, verifier: VerifierSettings) -> VerifiedRolloutSettings:
    """All that decides ``step_rollouts``."""
    fields = {field: getattr(steps, field) for field in StepRolloutSettings.model_fields}
    return VerifiedRolloutSettings(**fields, verifier=verifier)


def rollout_templates(settings: StepRolloutSettings) -> tuple[str, ...]:
    """The prompt templates that are filled under ``settings``."""
    return () if settings.system_prompt is None else (settings.system_prompt,)


def make_rollouts(inputs: Inputs, models: Models, settings: VerifiedRolloutSettings) -> Iterator[StepRollout]:
    """Rollouts of the ``completer`` from the first steps of the ``solutions``."""
    completer = models["completer"]
    verify = verifier(settings.verifier, completer.thought_marks)
    with completer.completer() as complete:
        model = complete.backend.fingerprint
        allow(complete, STAGE, _rolling_out(inputs.stream(Solution), model, completer.name, verify, settings))
        solutions = inputs.stream(Solution)
        yield from sample_rollouts(solutions, complete, model, completer.name, verify, settings)


STEP_ROLLOUTS = Method(
    make_rollouts, VerifiedRolloutSettings, StepRollout, prompts=rollout_templates, generates=True
)


def sample_rollouts(
    solutions: Iterable[Solution],
    complete: Complete,
    model: str,
    policy_name: str,
    verify: Verify,
    settings: StepRolloutSettings,
) -> Iterator[StepRollout]:
    """The rollouts of every solution without a failure, in their order; ``model`` is a fingerprint.

    What a solution needs next follows from its own counts so far, so a run that was killed finds its rollouts
    in the ledger and asks only for the rest. Equal prefixes of several solutions are asked once, and each
    solution has rows of those that it needed.

    The verifier sees the prefix with the completion after it. A rollout that was cut off is not accepted,
    whatever it says; one that failed has no verdict and counts for nothing.
    """
    tasks = _rolling_out(solutions, model, policy_name, verify, settings)
    return chain.from_iterable(in_order(complete, STAGE, tasks, WINDOW))


def _rolling_out(
    solutions: Iterable[Solution], model: str, policy_name: str, verify: Verify, settings: StepRolloutSettings
) -> Iterator[Task[list[StepRollout]]]:
    pool = RolloutPool(verify, settings)
    usable = (solution for solution in solutions if solution.failure is None)
    return (_rolled_out(Progress(solution, settings), pool, model, policy_name) for solution in usable)


def _rolled_out(
    progress: "Progress", pool: RolloutPool, model: str, policy_name: str
) -> Task[list[StepRollout]]:
    while wanted := progress.wanted():
        progress.take((yield from pool.drawn(wanted)))
    return progress.rows(model, policy_name)


class Progress:
    """The rollouts of each prefix of a solution, and how many of them are for which phase."""

    def __init__(self, solution: Solution, settings: StepRolloutSettings) -> None:
        self.solution, self.settings = solution, settings
        self._counts: dict[int, dict[Phase, int]] = {}
        self._rollouts: dict[int, list[Rollout]] = {}
        self._asked: list[int] = []

    def wanted(self) -> list[tuple[Prefix, int]]:
        """The prefixes and samples that the search needs next; none where it is over."""
        measured = {step: self._measured(step) for step in self._counts}
        num_steps, accepted = len(self.solution.completions), self.solution.accepted is True
        for more in Search(num_steps, accepted, measured, self.settings).wanted():
            counts = self._counts.setdefault(more.step, {"probe": 0, "confirm": 0})
            counts[more.phase] += more.size
        missing = [
            (step, sample)
            for step, counts in self._counts.items()
            for sample in range(len(self._rollouts.get(step, ())), sum(counts.values()))
        ]
        self._asked = [step for step, _ in missing]
        return [(prefix_of(self.solution, step), sample) for step, sample in missing]

    def take(self, rollouts: Iterable[Rollout]) -> None:
        """Count those that were wanted, in that order."""
        for step, rollout in zip(self._asked, rollouts, strict=True):
            self._rollouts.setdefault(step, []).append(rollout)

    def rows(self, model: str, policy_name: str) -> list[StepRollout]:
        """A row for each rollout, by step and sample."""
        return [
            self._row(step, sample, rollout, model, policy_name)
            for step, rollouts in sorted(self._rollouts.items())
            for sample, rollout in enumerate(rollouts)
        ]

    def _measured(self, step: int) -> Measured:
        verdicts = [rollout.verdict.accepted if rollout.verdict else None for rollout in self._rollouts[step]]
        num_probes = self._counts[step]["probe"]
        return Measured(verdicts[:num_probes], verdicts[num_probes:])

    def _row(self, step: int, sample: int, rollout: Rollout, model: str, policy_name: str) -> StepRollout:
        completion, verdict = rollout.completion, rollout.verdict
        return StepRollout(
            solution_id=self.solution.solution_id,
            step=step,
            sample=sample,
            phase="probe" if sample < self._counts[step]["probe"] else "confirm",
            policy=policy_name,
            completion=completion.text,
            accepted=verdict.accepted if verdict else None,
            extracted=verdict.extracted if verdict else None,
            reason=verdict.reason if verdict else f"error: {completion.error}",
            finish_reason=completion.finish_reason,
            num_tokens=completion.num_completion_tokens,
            completion_key=rollout.request.key(model),
        )
