"""A small state in which every command has something to show, the same on each day and machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import text

from assets.profile.profile import load_profile
from assets.profile.uses import record_use
from datasets_registry.registry import Registry
from datasets_registry.rows.judges import JudgeFigure, PrincipleFigure
from datasets_registry.rows.rlaif import AiJudgement, PreferencePair
from datasets_registry.state import State
from datasets_registry.version import CheckResult, Derivation
from generation.models.folder import fingerprint
from tests.assets.cli.evaluating.planted import publish_compared
from tests.quality.review.desks import commit_sample, items
from tests.rows import make
from tests.traced import Traced

HOW = Derivation(code_version="1", settings={"seed": 0}, inputs=(), run_id="run-1")
WARNS = CheckResult(
    check="short_share",
    passed=False,
    severity="warning",
    value=0.9,
    threshold=0.5,
    description="short_share is 0.9, must be at most 0.5; catches answers of one word",
)
AT = "2026-11-30T12:00:00.000+00:00"
PROFILE = """
description = "A policy that is given, and prompts to ask it"
[models.given_policy]
model = "{model}"
backend = "transformers"
[prompts.red_team]
file = "{prompts}"
[prompts.helpful]
file = "{prompts}"
"""


@dataclass(frozen=True)
class Stocked:
    """The state, and what of it is asked for by key."""

    state: State
    pair: str
    call: str


@contextmanager
def stocked(folder: Path, history: Traced, tiny_model: Path) -> Iterator[Stocked]:
    """The history, with an evaluation, a review sample, figures of judges, a model and a profile."""
    state = State(folder / "state")
    traced = history.copied_to(state)
    registry = traced.registry
    publish_compared(registry, "kept")
    commit_sample(registry, items(2))
    for figure in (make(PrincipleFigure), make(JudgeFigure)):
        registry.record_checks(registry.commit(type(figure), [figure], HOW), [WARNS])
    given = registry.commit_model("given_policy", tiny_model, fingerprint(tiny_model), HOW)
    registry.record_checks(given, [WARNS])
    record_use(state, load_profile())
    _fix_times(registry)
    registry.refresh_views()
    labels = traced.preferences[3]
    pair = next(row for row in registry.rows(PreferencePair, labels) if row.label == "a")
    sources = {source.name: source for source in registry.derivation(labels).inputs}
    judged = registry.rows(AiJudgement, sources[AiJudgement.dataset])
    call = next(row for row in judged if row.pair_id == pair.pair_id)
    yield Stocked(state, pair.pair_id, str(call.judgement_key))
    registry.engine.dispose()


def _fix_times(registry: Registry) -> None:
    """Let everything have been made, and every call have been answered, at one time."""
    with registry.engine.begin() as connection:
        for table, column in (("version", "created_at"), ("derivation", "at"), ("check_result", "at")):
            connection.execute(text(f'UPDATE {table} SET "{column}" = :at'), {"at": AT})
    for path in registry.state.ledger.glob("*.parquet"):
        calls = pq.read_table(path)
        for name, value in (("created_at", datetime.fromisoformat(AT)), ("seconds", 0.5)):
            kind = calls.schema.field(name)
            fixed = pa.array([value] * len(calls), kind.type)
            calls = calls.set_column(calls.schema.get_field_index(name), kind, fixed)
        pq.write_table(calls, path)
