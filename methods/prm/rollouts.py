"""Rollouts from the first steps of solutions, in rounds, as many as their labels need."""

from collections.abc import Iterable, Iterator, Sequence

from datasets_registry.rows.prm import Solution, StepRollout
from generation.completer import Complete
from generation.streaming.windows import windows
from methods.method import Inputs, Method, Models
from methods.prm.pool import Rollout, RolloutPool, prefix_of
from methods.prm.search import Measured, Phase, Search, Wanted
from methods.prm.settings import StepRolloutSettings
from methods.verifiers.contract import VerifierSettings, Verify
from methods.verifiers.verifier import verifier

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
        for solutions in windows(inputs.stream(Solution), complete, WINDOW):
            yield from sample_rollouts(solutions, complete, model, completer.name, verify, settings)


STEP_ROLLOUTS = Method(
    make_rollouts, VerifiedRolloutSettings, StepRollout, prompts=rollout_templates, generates=True
)


def sample_rollouts(
    solutions: Sequence[Solution],
    complete: Complete,
    model: str,
    policy_name: str,
    verify: Verify,
    settings: StepRolloutSettings,
) -> list[StepRollout]:
    """The rollouts of every solution without a failure, sorted by key; ``model`` is a fingerprint.

    A round asks for what all solutions need next, in one call. What that is follows from the counts so
    far, so a run that was killed finds its rollouts in the ledger and asks only for the rest. Equal
    prefixes of several solutions are asked once, and each solution has rows of those that it needed.

    The verifier sees the prefix with the completion after it. A rollout that was cut off is not accepted,
    whatever it says; one that failed has no verdict and counts for nothing.
    """
    pool = RolloutPool(complete, verify, settings)
    usable = [solution for solution in solutions if solution.failure is None]
    by_id = sorted(usable, key=lambda solution: solution.solution_id)
    active = everyone = [Progress(solution, pool, settings) for solution in by_id]
    number = 0
    while active := [progress for progress in active if progress.advance()]:
        number += 1
        pool.fill(f"round {number} of rollouts")
    return [row for progress in everyone for row in progress.rows(model, policy_name)]


class Progress:
    """How many rollouts each prefix of a solution has, and for which phase."""

    def __init__(self, solution: Solution, pool: RolloutPool, settings: StepRolloutSettings) -> None:
        self.solution, self.pool, self.settings = solution, pool, settings
        self._counts: dict[int, dict[Phase, int]] = {}

    def advance(self) -> bool:
        """Tell the pool what the search needs next; False where the search is over."""
        measured = {step: self._measured(step) for step in self._counts}
        num_steps, accepted = len(self.solution.completions), self.solution.accepted is True
        wanted = Search(num_steps, accepted, measured, self.settings).wanted()
        self._want(wanted)
        return bool(wanted)

    def rows(self, model: str, policy_name: str) -> list[StepRollout]:
        """A row for each rollout, by step and sample."""
        return [
            self._row(step, sample, rollout, model, policy_name)
            for step in sorted(self._counts)
            for sample, rollout in enumerate(self._rollouts(step))
        ]

    def _want(self, wanted: Iterable[Wanted]) -> None:
        for more in wanted:
            counts = self._counts.setdefault(more.step, {"probe": 0, "confirm": 0})
            counts[more.phase] += more.size
            self.pool.want(prefix_of(self.solution, more.step), sum(counts.values()))

    def _rollouts(self, step: int) -> Sequence[Rollout]:
        return self.pool.first(prefix_of(self.solution, step), sum(self._counts[step].values()))

    def _measured(self, step: int) -> Measured:
        rollouts = self._rollouts(step)
        verdicts = [rollout.verdict.accepted if rollout.verdict else None for rollout in rollouts]
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
