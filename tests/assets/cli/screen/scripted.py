"""What commands show that look at this machine or wait for models: what they found is given."""

from collections.abc import Callable, Mapping, Sequence

import pytest

from assets.doctor.finding import Finding, wrong
from assets.estimates.forecast import Forecast
from assets.graph import Graph
from assets.orders.order import Order
from assets.orders.run import Outcome
from assets.plan import Step
from datasets_registry.registry import Registry

STEPS = (
    Step("iterative_dpo/round_01/preference_pairs", "never built"),
    Step("iterative_dpo/round_01/policy", "iterative_dpo/round_01/preference_pairs is built first"),
)
AHEAD = {STEPS[0].name: Forecast(4_800, 1_200, 1.5e6, 2.5, 754.0), STEPS[1].name: Forecast(seconds=None)}
FINDINGS = [
    Finding("profile", "A policy that is given, and prompts to ask it"),
    Finding("disk", "312 GB free, and what is to be built takes 1.2 GB"),
    wrong("server judge", "http://127.0.0.1:8000/v1 does not answer", "start it, or name another base_url"),
]
Opening = Callable[[Sequence[Step], Mapping[str, Forecast]], None]


def script(patch: pytest.MonkeyPatch, registry: Registry) -> None:
    """Let doctor, build and evaluate end at once: with a fault, with a failure, and with what is stored."""

    def carried_out(order: Order, graph: Graph, opening: Opening, report: Callable[[str], None]) -> Outcome:
        opening(STEPS, AHEAD)
        report("1 of 2 assets ━━━━━─────────── about 12 min left")
        left = tuple(f"{step.name} ({step.reason})" for step in STEPS[1:])
        held = (
            Step(
                "my_report", "'my_notes' has no version yet: `trimtab import FILE --as my_notes`", held=True
            ),
        )
        failures = (f"{STEPS[0].name}: has_rows is 0, must be at least 1",)
        return Outcome(order, registry, STEPS, held, failures, left, (), 754.0)

    patch.setattr("assets.orders.run.carry_out", carried_out)
    patch.setattr("assets.cli.planning.doctor._look", lambda: FINDINGS)
    patch.setattr("assets.cli.evaluating.evaluate._asset_of", lambda _, model: f"evaluation_answers/{model}")
    patch.setattr("assets.cli.evaluating.evaluate._require_suites", lambda *_: None)
    patch.setattr("assets.cli.evaluating.evaluate.missing", lambda *_: [])
