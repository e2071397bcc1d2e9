"""A small CAI and RLAIF pipeline as `make demo` builds it, on scripted replies that are written down."""

import json
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from generation.request import Backend, Completion, Request
from generation.scripted import Script, ScriptedBackend, chosen

# that a kill falls amid the replies, and amid what was flushed of them
REPLY_SECONDS, FLUSH_SECONDS = 0.004, 0.1
PROFILE = """
description = "Scripted replies"
min_free_gb = 0.05
constitution = "{constitution}"

[models.base_policy]
model = "{model}"

[prompts.red_team]
file = "{red_team}"

[prompts.helpful]
file = "{helpful}"

[answers]
max_tokens = 16

[cai]
policy = "base_policy"
num_revisions = 1
critique_max_tokens = 8

[rlaif]
policy = "base_policy"

[rlaif.judge]
judges = ["base_policy"]
max_outside_probability = 1.0
calibration = "identical"

[judges.scores]
judge = "base_policy"
"""


def write_profile(folder: Path, model: Path) -> Path:
    """The profile's file, with its constitution and its prompts."""
    from tests.assets.small import write_prompts
    from tests.methods.judging import CONSTITUTION

    folder.mkdir(parents=True)
    files = {kind: write_prompts(folder, kind, train=6, evaluation=1) for kind in ("red_team", "helpful")}
    path = folder / "kills.toml"
    path.write_text(PROFILE.format(constitution=CONSTITUTION, model=model, **files))
    return path


def reply(request: Request) -> str | Completion:
    """A judge's choice, or an answer, that hangs on the request alone."""
    number = int(request.key("script")[:8], 16)
    if request.choices:
        share = 0.2 + 0.6 * (number % 100) / 100
        others = (1 - share) / max(1, len(request.choices) - 1)
        return chosen(share, *[others] * (len(request.choices) - 1))
    return f"answer {number} {'and more ' * (number % 3)}"


class Recorded:
    """A scripted backend that takes its time, and writes down every key that it is asked for."""

    def __init__(self, asked: Path, model: str, script: Script) -> None:
        self._scripted, self._asked = ScriptedBackend(script, model=model), asked
        self.name, self.fingerprint = self._scripted.name, self._scripted.fingerprint

    def complete(self, requests: Sequence[Request]) -> Iterator[tuple[int, Completion]]:
        """Write down, then complete."""
        with self._asked.open("a") as file:
            file.write("".join(f"{request.key(self.fingerprint)}\n" for request in requests))
        for completed in self._scripted.complete(requests):
            time.sleep(REPLY_SECONDS)
            yield completed

    def close(self) -> None:
        """Nothing is held."""


def build_pipeline(profile: Path, asked: Path, script: Script = reply) -> None:
    """Build all that is stale on this script, as the demo does; raises RuntimeError where an asset fails."""
    import dagster as dg

    from assets.building.opening import open_registry
    from assets.graph import build_graph
    from assets.orders.run import build, one_at_a_time
    from assets.plan import plan
    from assets.profile.models import GivenModel
    from assets.profile.profile import load_profile
    from assets.runs.dead import close_dead_runs
    from datasets_registry.registry import Registry
    from datasets_registry.version import Version
    from generation.ledger import ledger

    def open_recorded(_: Registry, model: Version, __: GivenModel) -> Backend:
        return Recorded(asked, model.data_version, script)

    ledger.FLUSH_SECONDS = FLUSH_SECONDS
    graph = build_graph(load_profile(str(profile)), open_recorded)
    registry = open_registry(graph.profile)
    with (
        one_at_a_time(registry.state),
        dg.DagsterInstance.from_config(os.environ["DAGSTER_HOME"]) as instance,
    ):
        close_dead_runs(instance)
        steps = plan(graph, registry)
        failures = build(graph, instance, steps) if steps else []
    if failures:
        raise RuntimeError(json.dumps(failures))
