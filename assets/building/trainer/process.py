"""A trainer in processes of its own beside the run, started by Dagster Pipes."""

from pathlib import Path

import dagster as dg
from dagster._core.errors import DagsterPipesExecutionError

from datasets_registry.errors import ModelFailed
from datasets_registry.exporting.places import ERROR
from datasets_registry.registry import Registry
from datasets_registry.state import REPOSITORY
from generation.cards.turns import alone


def environment(registry: Registry) -> dict[str, str]:
    """What a trainer is told besides its config: where the state is. No secret is among it."""
    return {
        "TRIMTAB_HOME": str(registry.state.root),
        "HF_DATASETS_CACHE": str(registry.state.cache / "datasets"),
    }


def run_trainer(
    context: dg.AssetExecutionContext,
    pipes: dg.PipesSubprocessClient,
    command: list[str],
    config: Path,
    registry: Registry,
) -> None:
    """Run a trainer in processes of its own, alone on the cards; raises ModelFailed with its sentence."""
    sentence = config.with_name(ERROR)
    sentence.unlink(missing_ok=True)
    try:
        with alone(f"training in {config.parent.name}"):
            pipes.run(context=context, cwd=str(REPOSITORY), command=command, env=environment(registry))
    except DagsterPipesExecutionError as error:
        if sentence.exists():
            raise ModelFailed(sentence.read_text(encoding="utf-8")) from error
        raise ModelFailed(f"{error}: see the run's stderr for the cause") from error
