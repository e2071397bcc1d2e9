"""Carrying out an order: plan, build what is not up to date in this process, and say how it ended."""

import fcntl
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from types import MappingProxyType

import dagster as dg

from assets.building.opening import open_registry
from assets.estimates.forecast import Forecast
from assets.graph import Graph
from assets.orders.order import Order
from assets.orders.progress import Overall, weights
from assets.plan import Step, forecast
from assets.preflight.ready import require_ready
from assets.profile.history import open_instance
from assets.runs.dead import close_dead_runs
from assets.runs.draws import draws_tag
from assets.runs.here import STOPPED, run_here
from datasets_registry.boundary import INTERRUPTED
from datasets_registry.errors import BadInput, TrimtabError
from datasets_registry.registry import Registry
from datasets_registry.state import State
from generation.backends import close_kept

# what the runs of an order have in Dagster's history: the command that gave it
TAG = "trimtab/order"
NO_TAGS: Mapping[str, str] = MappingProxyType({})
Opening = Callable[[Sequence[Step], Mapping[str, Forecast]], None]


@dataclass(frozen=True)
class Outcome:
    """What an order was about, and what came of it; failures are sentences, and so are the other lists."""

    order: Order
    registry: Registry
    built: tuple[Step, ...]
    held: tuple[Step, ...]
    failures: tuple[str, ...]
    missing: tuple[str, ...]
    waiting: tuple[str, ...]
    seconds: float

    @property
    def exit_code(self) -> int:
        """0 where all that was asked for is there, 130 after an interrupt, and 1 otherwise."""
        if any(failure.endswith(f": {STOPPED}") for failure in self.failures):
            return INTERRUPTED
        return 1 if self.failures or self.held else 0


@contextmanager
def one_at_a_time(state: State) -> Iterator[None]:
    """Hold the state folder's build lock; it goes with the process, however that ends."""
    with (state.root / ".build.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BadInput(f"another build is running in {state.root}: wait until it ends") from error
        yield


def build(
    graph: Graph,
    instance: dg.DagsterInstance,
    steps: Sequence[Step],
    tags: Mapping[str, str] = NO_TAGS,
    done: Callable[[str], None] | None = None,
) -> list[str]:
    """Materialize the steps in one run in this process; returns the failures as sentences."""
    names = [step.name for step in steps]
    return run_here(graph.definitions, instance, names, tags, done, graph.known.line)


def carry_out(order: Order, graph: Graph, opening: Opening, report: Callable[[str], None]) -> Outcome:
    """Build what of ``order`` is not up to date; ``opening`` is told of it before anything is spent.

    ``report`` is told how far it is.
    Raises BadInput for names that the graph does not make, and as ``require_ready`` does.
    """
    started = time.monotonic()
    order.require_known(graph)
    warnings.filterwarnings("ignore", category=dg.PreviewWarning)
    registry = open_registry(graph.profile, graph.known.line)
    with one_at_a_time(registry.state), open_instance() as instance:
        close_dead_runs(instance)
        draws = order.draws(graph, registry)
        planned = order.steps(graph, registry, draws)
        steps = [step for step in planned if not step.held]
        names, worked = [step.name for step in steps], [step.name for step in steps if not step.taken]
        ahead = forecast(graph, registry, worked, draws)
        opening(steps, ahead)
        overall = Overall(weights(names, {name: each.seconds for name, each in ahead.items()}), report)
        recipes = graph.known.recipes
        require_ready(graph.profile, registry.state, {name: recipes[name].inputs for name in worked})
        try:
            tags = {TAG: str(order), **draws_tag(draws)}
            failures = build(graph, instance, steps, tags, overall.done) if steps else []
        finally:
            close_kept()
        is_open = failures or any(step.waits for step in planned)
        left = _left(order, graph, registry, draws) if is_open else []
    return Outcome(
        order=order,
        registry=registry,
        built=tuple(steps),
        held=tuple(_said_once([step for step in planned if step.held and not step.waits])),
        failures=tuple(failures),
        missing=tuple(_missing(left, failures)),
        waiting=tuple(f"{step.name}: {step.reason}" for step in left if step.waits),
        seconds=time.monotonic() - started,
    )


def _said_once(held: Sequence[Step]) -> Iterator[Step]:
    """Each with its reason, of which the check is said to the first that it holds."""
    said = set[str]()
    for step in held:
        yield replace(step, reason=step.brief or step.reason) if step.reason in said else step
        said.add(step.reason)


def _missing(left: Sequence[Step], failures: Sequence[str]) -> Iterator[str]:
    """What is not built for the failures of others, whose checks are said once."""
    failed = {failure.partition(":")[0] for failure in failures}
    for step in left if failures else ():
        if step.name not in failed:
            yield f"{step.name} ({step.brief or step.reason})"


def _left(order: Order, graph: Graph, registry: Registry, draws: Mapping[str, int]) -> list[Step]:
    """What is still to be built, and what waits for people."""
    with suppress(TrimtabError):
        return order.steps(graph, registry, draws)
    return []
