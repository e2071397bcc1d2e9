"""What every materialization does first: the registry, progress lines, and errors as sentences."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress

import dagster as dg

from assets.building.declared import Names
from assets.building.serving import require_served
from assets.building.versions import Recipes
from assets.preflight.ready import require_ready
from assets.profile.profile import Profile
from assets.profile.uses import record_use
from assets.runs.dead import host_tag
from assets.ui.keys import key_of
from datasets_registry.boundary import unforeseen
from datasets_registry.catalog.line import MAIN, Line
from datasets_registry.errors import TrimtabError
from datasets_registry.plain_text import plain, plain_line
from datasets_registry.registry import Registry
from datasets_registry.state import State

# whoever runs a model on this machine's cards, and on a cluster's
MODEL_POOL, CLUSTER_POOL = "gpu", "cluster"
# the kind of a failure, in its metadata; and the budget that a run has
CAUSE, BUDGET_TAG = "cause", "trimtab/budget"
# runs of this process whose machine was found to be ready
_READY: set[str] = set()


def pool_of_trainers(profile: Profile) -> str:
    """The pool whose slots are the trainings that may go on at once."""
    return CLUSTER_POOL if profile.launch.on == "ray" else MODEL_POOL


def pool_of(profile: Profile, models: Iterable[str]) -> str:
    """The pool of what asks these models for completions: the cluster's where all of them run there."""
    backends = {profile.given(model).backend for model in models}
    return CLUSTER_POOL if backends == {"ray"} else MODEL_POOL


@contextmanager
def failures_as_sentences() -> Iterator[None]:
    """Show every error as one line in the UI; what a person has to mend is not retried."""
    try:
        yield
    except TrimtabError as error:
        cause = {CAUSE: type(error).__name__}
        raise dg.Failure(plain_line(str(error)), metadata=cause, allow_retries=False) from None
    except (dg.Failure, dg.RetryRequested):
        raise
    except Exception as error:
        raise dg.Failure(description=unforeseen(error)) from None


def reporter(context: dg.AssetExecutionContext) -> Callable[[str], None]:
    """Progress lines to Dagster's log, and to the terminal of whoever started the run."""

    def report(line: str) -> None:
        context.log.info(plain(line))
        print(plain(line), file=sys.stdout, flush=True)

    return report


def open_registry(profile: Profile, line: Line = MAIN) -> Registry:
    """The registry in the state folder, which is made where it is not there, by the names of ``line``."""
    state = State().prepare()
    record_use(state, profile)
    return Registry(state).of(line)


@contextmanager
def looked_at() -> Iterator[Registry]:
    """The registry in the state folder, for a look of the daemon's, after which it is closed."""
    registry = Registry(State())
    try:
        yield registry
    finally:
        registry.engine.dispose()


def open_ready(context: dg.AssetExecutionContext, recipes: Recipes, profile: Profile) -> Registry:
    """The registry; the first asset of a run asks whether this machine can build all that the run will.

    Raises as ``require_ready`` does, and BadInput where a judge would be asked in a way that its server was
    seen not to serve.
    """
    registry, run = open_registry(profile, recipes.line), context.run.run_id
    if run not in _READY:
        context.instance.add_run_tags(run, {**host_tag(), BUDGET_TAG: profile.budget.model_dump_json()})
        keys = context.run.asset_selection or {context.asset_key}
        names = [name for name in recipes.recipes if key_of(recipes.key(name)) in keys]
        to_build = _to_build(recipes, registry, names)
        require_ready(profile, registry.state, to_build)
        require_served(
            [asset for asset in recipes.declared if asset.name in to_build], profile, registry.state
        )
        _READY.add(run)
    return registry


def _to_build(recipes: Recipes, registry: Registry, names: list[str]) -> dict[str, Names]:
    """Those of ``names`` without a passed version of today's inputs, each with its inputs."""
    versions, found = recipes.versions(registry, audits=False), dict[str, Names]()
    for name in names:
        made = None
        with suppress(TrimtabError):
            made = versions.made(name)
        if made is None:
            found[name] = recipes.recipes[name].inputs
    return found
