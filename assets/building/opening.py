"""What every materialization does first: the registry, progress lines, and errors as sentences."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import dagster as dg

from assets.profile.models import TrainedModel
from assets.profile.profile import Profile
from assets.profile.uses import record_use
from datasets_registry.errors import TrimtabError
from datasets_registry.registry import Registry
from datasets_registry.state import State
from training.settings.online import samples_by_vllm
from training.settings.sampler import require_vllm

MODEL_POOL = "gpu"


@contextmanager
def failures_as_sentences() -> Iterator[None]:
    """Show a TrimtabError as its sentence in the UI, and do not retry it."""
    try:
        yield
    except TrimtabError as error:
        raise dg.Failure(description=str(error), allow_retries=False) from error


def reporter(context: dg.AssetExecutionContext) -> Callable[[str], None]:
    """Progress lines to Dagster's log, and to the terminal of whoever started the run."""

    def report(line: str) -> None:
        context.log.info(line)
        print(line, file=sys.stdout, flush=True)

    return report


def open_registry(profile: Profile) -> Registry:
    """The registry, after making sure that its disk can take more and that its trainers can sample."""
    for model, section in profile.models.items():
        if isinstance(section, TrainedModel) and samples_by_vllm(section.training):
            require_vllm(model)
    state = State().prepare(profile.min_free_gb)
    os.environ.setdefault("MPLCONFIGDIR", str(state.cache / "matplotlib"))
    record_use(state, profile)
    return Registry(state)
