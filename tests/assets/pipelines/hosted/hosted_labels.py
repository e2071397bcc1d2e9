"""The labels of a hosted judge, built in this process or in one that can be killed."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from datasets_registry.registry import Registry
from datasets_registry.state import State
from generation.ledger import ledger
from tests.assets.pipelines.hosted.test_hosted_judge import LABELS, HostedWorkshop
from tests.assets.pipelines.test_alignment import script

# how soon a finished call is saved here, where tests do not wait for the five seconds of a run
SAVED_WITHIN = 0.1


@contextmanager
def opened(profile: Path, root: Path) -> Iterator[HostedWorkshop]:
    """A workshop over this process's state, and a run history below ``root``, which outlive it."""
    (root / "dagster").mkdir(parents=True, exist_ok=True)
    registry = Registry(State().prepare())
    with dg.DagsterInstance.local_temp(str(root / "dagster")) as instance:
        yield HostedWorkshop(profile, registry, instance, script)
    registry.engine.dispose()


def build_labels(profile: Path, root: Path, environment: Mapping[str, str]) -> None:
    """Build them; what a process of its own runs."""
    os.environ.update(environment)
    ledger.FLUSH_SECONDS = SAVED_WITHIN
    with opened(profile, root) as workshop:
        workshop.build(LABELS)
