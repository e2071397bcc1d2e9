"""What the UI shows of rounds: the table over all of them, why they stopped, whose weights are released."""

from pathlib import Path

import dagster as dg

from assets.ui.metadata import dataset_metadata
from assets.ui.rounds import released_metadata, trained_as
from assets.ui.summaries import TOLD, summary_of
from datasets_registry.registry import Registry
from datasets_registry.rows.rounds.verdict import Verdict
from datasets_registry.rows.rounds.watch import RoundWatch
from datasets_registry.version import Derivation, Version
from tests.quality.rounds.watched import decided, watched


def made_from(*inputs: Version) -> Derivation:
    """A derivation of these inputs."""
    return Derivation(code_version="1", settings={}, inputs=inputs)


def published(registry: Registry) -> Version:
    """The verdict of a second round that stopped."""
    inputs: list[Version] = []
    for number, outcome in ((1, "ok"), (2, "stop")):
        at = f"line/round_{number:02}"
        watch = registry.commit(
            RoundWatch, [watched(round=number, outcome=outcome)], made_from(), f"{at}/round_watch"
        )
        inputs.append(registry.record_checks(watch, []))
        stopped = {"verdict": "stop_tax", "weights_round": 1, "why": "round 2 stops"} if number == 2 else {}
        verdict = registry.commit(
            Verdict, [decided(round=number, **stopped)], made_from(*inputs), f"{at}/verdict"
        )
        inputs.append(registry.record_checks(verdict, []))
    return inputs[-1]


def test_a_verdict_shows_why_and_all_rounds_without_a_sample(registry: Registry) -> None:
    verdict = published(registry)
    figures = summary_of(registry, Verdict, verdict)
    assert (figures["verdict"], figures["why"], figures["round_of_weights"]) == (
        "stop_tax",
        "round 2 stops",
        1,
    )
    table = figures["rounds"]
    assert isinstance(table, dg.MarkdownMetadataValue)
    assert "| verdict | go_on | stop_tax |" in str(table.md_str) and "**stop**" in str(table.md_str)
    assert list(figures) == ["verdict", "why", "rounds", "round_of_weights", "warnings"]
    shown = list(dataset_metadata(registry, Verdict, verdict, figures))
    assert shown.index("why") < shown.index("rounds") < shown.index("sample") == len(shown) - 1
    assert Verdict in TOLD and "sample" not in dataset_metadata(
        registry, Verdict, verdict, figures, sampled=False
    )


def test_a_released_model_says_whose_weights_it_has(registry: Registry, tmp_path: Path) -> None:
    verdict = published(registry)
    shown = released_metadata(registry, verdict)
    assert (shown["stopped"], shown["why"], shown["round_of_weights"]) == (True, "round 2 stops", 1)
    start = registry.commit_model("start", tmp_path, "a", made_from())
    policy = registry.commit_model("line/round_01/policy", tmp_path, "b", made_from(start))
    released = registry.commit_model("line/round_01/released", tmp_path, "b", made_from(start, policy))
    handed_on = registry.commit_model("line/round_02/released", tmp_path, "b", made_from(released))
    assert trained_as(registry, handed_on) == policy
    assert trained_as(registry, start) == start
