"""Labels of steps, recomputed from rollouts alone: another threshold takes no generation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

from datasets_registry.rows.prm import Solution, StepLabels, StepRollout
from methods.judging.answers import answers_of
from methods.method import Inputs, Method, Models
from methods.prm.counts import Counts, count, stopped
from methods.prm.judge import StepJudgeSettings, StepVerdict, judge_steps, step_judge_templates
from methods.prm.settings import StepLabelSettings
from methods.reading.steps import prefix


class JudgedLabelSettings(StepLabelSettings):
    """With the name of the model that completed the rollouts, and how a judge is asked where there is one."""

    completer: str
    judging: StepJudgeSettings | None = None


def label_settings(
    steps: StepLabelSettings, completer: str, judging: StepJudgeSettings | None
) -> JudgedLabelSettings:
    """All that decides ``step_labels``; ``judging`` is None where no judge is asked."""
    fields = {field: getattr(steps, field) for field in StepLabelSettings.model_fields}
    return JudgedLabelSettings(**fields, completer=completer, judging=judging)


def label_templates(settings: JudgedLabelSettings) -> tuple[str, ...]:
    """The prompt templates that are filled under ``settings``."""
    return () if settings.judging is None else step_judge_templates(settings.judging)


def make_labels(inputs: Inputs, models: Models, settings: JudgedLabelSettings) -> list[StepLabels]:
    """Labels of the ``solutions`` from ``step_rollouts``, beside a ``judge``'s opinion where one is asked."""
    solutions = inputs.rows(Solution)
    verdicts = None
    if settings.judging is not None:
        judge = models["judge"]
        with judge.completer() as complete:
            answers = answers_of(complete, judge.thought_marks)
            verdicts = judge_steps(solutions, answers, complete.backend.fingerprint, settings.judging)
    return label_steps(solutions, inputs.rows(StepRollout), settings.completer, settings, verdicts)


STEP_LABELS = Method(make_labels, JudgedLabelSettings, StepLabels, prompts=label_templates, generates=True)


@dataclass(frozen=True)
class StepLabel:
    """One step's counts, and the label that they give, or that other steps' labels imply."""

    counts: Counts
    interval: tuple[float, float] | None = None
    stop: str | None = None
    right: bool | None = None
    implied: bool | None = None

    @property
    def label(self) -> bool | None:
        """The label, measured or implied."""
        return self.implied if self.right is None else self.right


def label_steps(
    solutions: Sequence[Solution],
    rollouts: Sequence[StepRollout],
    policy_name: str,
    settings: StepLabelSettings,
    judged: Mapping[str, StepVerdict] | None = None,
) -> list[StepLabels]:
    """The labels of every solution, in the order of ids; ``policy_name`` completed the rollouts.

    The last step's value is the verdict of the whole solution, after which nothing is left to sample: it
    counts as one rollout, and its interval has no width. A step is implied to be right before one that
    was measured to be, and wrong after one that was measured to be wrong; between a wrong one and a later
    right one nothing is implied, and all that was measured stays as it was. The first error is the first
    wrong step after steps that are known to be right.

    Tokens of a rollout that several solutions share count for the first of them.
    """
    by_solution: dict[str, list[StepRollout]] = {solution.solution_id: [] for solution in solutions}
    for rollout in sorted(rollouts, key=attrgetter("solution_id", "step", "sample")):
        by_solution[rollout.solution_id].append(rollout)
    counted: set[str] = set()
    rows = []
    for solution in sorted(solutions, key=attrgetter("solution_id")):
        own = by_solution[solution.solution_id]
        tokens = {rollout.completion_key: rollout.num_tokens for rollout in own}
        new = {key: number for key, number in tokens.items() if key not in counted}
        counted |= new.keys()
        verdict = (judged or {}).get(solution.solution_id)
        rows.append(_row(solution, own, policy_name, settings, verdict, sum(new.values())))
    return rows


def _row(
    solution: Solution,
    rollouts: Sequence[StepRollout],
    policy_name: str,
    settings: StepLabelSettings,
    judged: StepVerdict | None,
    num_tokens: int,
) -> StepLabels:
    steps = _labels(solution, rollouts, settings)
    first_error = _first_error(solution, steps)
    judge_first_error = judged.first_error if judged else None
    both = judge_first_error is not None and first_error is not None
    return StepLabels(
        solution_id=solution.solution_id,
        problem_id=solution.problem_id,
        prompt=solution.prompt,
        answer=solution.answer,
        family=solution.family,
        difficulty=solution.difficulty,
        split_group=solution.split_group,
        completions=solution.completions,
        separator=solution.separator,
        splitter=solution.splitter,
        labels=[step.right for step in steps],
        implied=[step.implied for step in steps],
        soft=[step.counts.share for step in steps],
        low=[step.interval[0] if step.interval else None for step in steps],
        high=[step.interval[1] if step.interval else None for step in steps],
        num_accepted=[step.counts.num_accepted for step in steps],
        num_rollouts=[step.counts.num_finished for step in steps],
        num_failed=[step.counts.num_failed for step in steps],
        probed=[step.right is not None for step in steps],
        stops=[step.stop for step in steps],
        first_error=first_error,
        confirmed=_confirmed(first_error, len(steps), rollouts, settings),
        judge_first_error=judge_first_error,
        consensus=judge_first_error == first_error if both else None,
        judge_failure=judged.failure if judged else None,
        judge_key=judged.key if judged else None,
        method=settings.rule,
        accepted=solution.accepted,
        policy=policy_name,
        num_tokens=num_tokens,
        exhaustive_tokens=_exhaustive_tokens(solution, rollouts, settings),
        failure=solution.failure,
    )


def _labels(
    solution: Solution, rollouts: Sequence[StepRollout], settings: StepLabelSettings
) -> list[StepLabel]:
    last = len(solution.completions)
    if solution.failure is not None:
        return [StepLabel(Counts())] * last
    measured = [_measured(step, rollouts, settings) for step in range(1, last)]
    value = float(solution.accepted is True)
    whole = Counts(int(value), 1, 0)
    labels = [*measured, StepLabel(whole, (value, value), "outcome", solution.accepted is True)]
    return [_with_implied(labels, index) for index in range(last)]


def _measured(step: int, rollouts: Sequence[StepRollout], settings: StepLabelSettings) -> StepLabel:
    of_step = [rollout for rollout in rollouts if rollout.step == step]
    counts = count([rollout.accepted for rollout in of_step])
    right = counts.right(settings.threshold)
    if right is None:
        return StepLabel(counts)
    probes = count([rollout.accepted for rollout in of_step if rollout.phase == "probe"])
    # under settings that would go on, what was planned is all that there is
    stop = stopped(probes, settings, settings.limit) or "planned"
    return StepLabel(counts, counts.interval, stop, right)


def _with_implied(labels: Sequence[StepLabel], index: int) -> StepLabel:
    label = labels[index]
    if label.right is not None:
        return label
    wrong_before = any(other.right is False for other in labels[:index])
    right_after = any(other.right is True for other in labels[index:])
    implied = None if wrong_before == right_after else right_after
    return StepLabel(label.counts, implied=implied)


def _first_error(solution: Solution, steps: Sequence[StepLabel]) -> int | None:
    if solution.failure is not None:
        return None
    for number, step in enumerate(steps, start=1):
        if step.label is not True:
            return number if step.label is False else None
    return 0


def _confirmed(
    first_error: int | None, num_steps: int, rollouts: Sequence[StepRollout], settings: StepLabelSettings
) -> bool | None:
    """Whether fresh rollouts alone give the same first error; None where none were needed or asked for."""
    # neither the problem alone nor the whole solution has rollouts
    sides = [step for step in ((first_error or 0) - 1, first_error or 0) if 0 < step < num_steps]
    if not first_error or not settings.confirm or not sides:
        return None
    fresh = {
        side: count([each.accepted for each in rollouts if each.step == side and each.phase == "confirm"])
        for side in sides
    }
    return all(fresh[side].right(settings.threshold) is (side != first_error) for side in sides)


def _exhaustive_tokens(
    solution: Solution, rollouts: Sequence[StepRollout], settings: StepLabelSettings
) -> int:
    steps = solution.completions
    total = 0.0
    for step in range(1, len(steps)):
        lengths = [each.num_tokens for each in rollouts if each.step == step and each.accepted is not None]
        left = 1 - len(prefix(steps, step, solution.separator)) / len(solution.completion)
        mean = sum(lengths) / len(lengths) if lengths else solution.num_tokens * left
        total += settings.num_rollouts * mean
    return round(total)
