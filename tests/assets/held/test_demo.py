"""The demo closes dead runs, builds what it can, names what is held and by what, and ends with 1."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from assets.demo.demo import demo
from assets.plan import Step
from assets.profile.history import open_instance
from datasets_registry.registry import Registry
from tests.assets.runs.test_dead import dead_process, started

PROFILE = """description = "One model on data that nobody imported"
min_free_gb = 0.1

[models.base_policy]
model = "{model}"
backend = "transformers"

[models.taught]
trainer = "sft"
base = "base_policy"
dataset = "demonstrations"
training = {{ max_length = 512 }}
"""


@pytest.mark.filterwarnings("ignore::dagster.PreviewWarning")
def test_the_demo_builds_all_but_what_is_held(
    registry: Registry, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "own.toml"
    path.write_text(PROFILE.format(model=tiny_model))
    monkeypatch.setenv("TRIMTAB_PROFILE", str(path))
    monkeypatch.setenv("DAGSTER_HOME", "")
    with open_instance() as instance:
        dead = started(instance, dead_process())
    printed = io.StringIO()
    assert demo(Console(file=printed, width=200)) == 1
    assert "held: taught: 'demonstrations' has no version yet: `trimtab import FILE" in printed.getvalue()
    # what waits for people that nobody requires fails nothing
    waits = [Step("review_agreement", "100 pairs wait for review: trimtab studio", held=True, waits=True)]
    monkeypatch.setattr("assets.orders.order.plan", lambda *_, **__: waits)
    assert demo(Console(file=printed, width=200)) == 0
    assert "waits: review_agreement: 100 pairs wait for review: trimtab studio" in printed.getvalue()
    with open_instance() as instance:
        closed = instance.get_run_by_id(dead)
    assert closed and closed.is_failure
    assert registry.newest("base_policy") and registry.names("model") == ["base_policy"]
