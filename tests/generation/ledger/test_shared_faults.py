"""A run whose ledger is in a real bucket outlives its servers: benchmarks/scale/ledger_kills.py in small."""

from pathlib import Path

import pytest

from assets.cluster.postgres import postgres_binaries
from benchmarks.scale import ledger_kills
from benchmarks.scale.ledger_kills import Trials
from benchmarks.sides.generation.killed import Damage
from tests.datasets_registry.stores.seaweed import seaweed_server, weed_binary
from tests.postgres import postgres_server


@pytest.mark.cluster
@pytest.mark.xdist_group("seaweed")
def test_a_killed_server_or_driver_costs_no_completion(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weed, binaries = weed_binary(), postgres_binaries()
    if weed is None or binaries is None:
        pytest.skip("SeaweedFS (make cluster) or PostgreSQL is not installed")
    monkeypatch.setattr(ledger_kills, "REQUESTS", 200)
    monkeypatch.setattr(ledger_kills, "SECONDS", 0.6)
    damage = Damage()
    with seaweed_server(weed, tmp_path / "weed") as bucket, postgres_server(binaries) as catalog:
        trials = Trials(tmp_path, bucket, catalog)
        for kill in trials.victims.values():
            trials.run(kill, damage)
    assert damage == Damage(kills=damage.kills, flushed=damage.flushed) and damage.kills >= 2
