"""The watch of a round: every figure beside round 0's, with its bounds and what they say."""

from collections.abc import Iterator

from datasets_registry.manifest import Manifest
from datasets_registry.rows.evaluation import EvaluationItem, SuiteAnswer
from datasets_registry.rows.rounds.divergence import Divergence
from datasets_registry.rows.rounds.verdict import Verdict
from datasets_registry.rows.rounds.watch import RoundWatch
from methods.method import Inputs, Method, Models
from quality.evaluation.answered import answered
from quality.rounds.answers import Beside, answers_in
from quality.rounds.bounds import Bounded, watched
from quality.rounds.capability import CAPABILITY, capability_changes, gain
from quality.rounds.change import Change
from quality.rounds.conduct import length_changes, refusal_changes
from quality.rounds.divergence import divergence_changes
from quality.rounds.diversity import diversity_changes
from quality.rounds.history import stopped_before
from quality.rounds.rewards import canary_changes, reward_changes
from quality.rounds.settings import Bound, Watch, WatchSettings
from quality.rounds.training import movements
from quality.rounds.yields import untrained, yield_changes

# roles besides those that are named as their row type
FIRST, PREVIOUS, CANARIES, POLICY = "first", "previous", "canaries", "policy"
_UNBOUNDED = Bound()


def make_watch(inputs: Inputs, models: Models, settings: WatchSettings) -> list[RoundWatch]:
    """The figures of the round; none behind a round that stopped, as nothing was trained.

    Roles: ``evaluation_items``; ``evaluation_answers`` of the round's policy, ``first`` of round 0's and
    ``previous`` of the policy that the round began from, which gains are against (optional); ``canaries``
    (optional); ``preference_pairs``, ``reward_pairs``, or ``candidates`` with ``verified_pairs`` or
    ``rft_selections``; ``divergence`` from round 0 (optional); ``round_watch`` and ``verdict`` of earlier
    rounds. The model ``policy`` is read for its manifest alone.
    """
    if stopped_before(inputs.rows(Verdict), settings.round) is not None:
        return []
    bounded = _bounded(_changes(inputs, models), settings.watch)
    return watched(settings.round, list(bounded), settings.watch.chance)


def _changes(inputs: Inputs, models: Models) -> Iterator[Change]:
    items = inputs.rows(EvaluationItem)
    ours = answers_in(inputs, items, SuiteAnswer.dataset)
    beside = Beside(ours, answers_in(inputs, items, FIRST))
    yield from capability_changes(beside)
    yield from refusal_changes(beside)
    yield from length_changes(beside)
    yield from diversity_changes(beside)
    yield from reward_changes(beside)
    yield from canary_changes(ours, answered(items, inputs.stream(SuiteAnswer, CANARIES)))
    yield from yield_changes(inputs, inputs.rows(RoundWatch))
    yield from divergence_changes(inputs.rows(Divergence))
    for policy in models.every(POLICY):
        manifest = Manifest.read(policy.folder)
        # older releases wrote no name
        trained = manifest.name in ("", policy.name)
        yield from movements(manifest) if trained else (untrained(manifest),)
    if previous := answers_in(inputs, items, PREVIOUS):
        yield gain(Beside(ours, previous))


def _bounded(changes: Iterator[Change], watch: Watch) -> Iterator[Bounded]:
    """The changes with their bounds, without those that are not watched."""
    for change in changes:
        bound = _bound(change.figure, watch)
        if bound is not None:
            yield change, bound


def _bound(figure: str, watch: Watch) -> Bound | None:
    """The bounds of a figure; None where it is switched off."""
    if figure == CAPABILITY:
        return watch.capability.bound if watch.capability else None
    bound = getattr(watch, figure, _UNBOUNDED)
    assert bound is None or isinstance(bound, Bound)
    return bound


ROUND_WATCH = Method(run=make_watch, settings=WatchSettings, rows=RoundWatch)
