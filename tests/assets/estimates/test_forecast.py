"""What a build would take: by what the ledger saw of like calls, else by limits, and less what is stored."""

from dataclasses import replace
from pathlib import Path

import pytest

from assets.building.declared import NOTHING, Dataset
from assets.cli.planning.ahead import said, whole
from assets.estimates.forecast import Forecast, Wanted, forecasts
from assets.graph import Graph, build_graph
from assets.plan import forecast
from assets.profile.profile import load_profile
from datasets_registry.registry import Registry
from datasets_registry.version import Derivation
from generation.completer import Completer
from generation.ledger.ledger import Ledger
from generation.models.folder import fingerprint
from generation.request import Message, Request
from generation.scripted import ScriptedBackend
from tests.assets.small import write_profile

NAME = "helpful_answers"


@pytest.fixture
def graph(tmp_path: Path, tiny_model: Path) -> Graph:
    """A small profile's graph, of which nothing is built."""
    return build_graph(load_profile(str(write_profile(tmp_path, tiny_model))))


def ask(registry: Registry, asset: str, model: str, calls: int) -> None:
    """Store so many completions of two tokens each."""
    backend = ScriptedBackend(lambda _: "two words")
    backend.fingerprint = model
    requests = [
        Request(messages=(Message(role="user", content=f"{asset} {number}"),)) for number in range(calls)
    ]
    Completer(backend, Ledger(registry.state.ledger), asset=asset, report=lambda _: None)("x", requests)


def test_calls_are_counted_by_limits_then_by_what_was_seen_less_what_is_stored(
    graph: Graph, registry: Registry, tiny_model: Path, derivation: Derivation
) -> None:
    unseen = forecast(graph, registry, [NAME, "sft_policy"])
    assert unseen[NAME].calls == 8 and unseen[NAME].by_limits and unseen[NAME].seconds is None
    # nothing was trained here, and no card is described
    assert unseen["sft_policy"] == Forecast(seconds=None)
    model = fingerprint(tiny_model)
    ask(registry, "other", model, 1)
    # the model is to be built, and may be another: then its calls tell nothing
    assert forecast(graph, registry, [NAME])[NAME].by_limits
    registry.record_checks(registry.commit_model("base_policy", tiny_model, model, derivation), [])
    alike = forecast(graph, registry, [NAME])[NAME]
    assert not alike.by_limits and alike.stored == 0 and alike.seconds is not None
    assert alike.tokens < unseen[NAME].tokens
    ask(registry, NAME, model, 5)
    assert forecast(graph, registry, [NAME])[NAME].stored == 5
    assert forecast(graph, registry, [NAME, "base_policy"])[NAME].stored == 0
    # new samples find nothing
    assert forecast(graph, registry, [NAME], drawn=[NAME])[NAME].stored == 0


def test_draws_that_two_datasets_share_are_counted_once(registry: Registry) -> None:
    graph = build_graph(load_profile("laptop"))
    both = forecast(graph, registry, ["rule_selections", "rule_controls"])
    first, second = both.values()
    assert first.calls == second.calls == second.stored and first.stored == 0
    assert forecast(graph, registry, ["rule_controls"])["rule_controls"].stored == 0


def test_a_plug_ins_method_with_rows_of_ours_is_not_counted(graph: Graph, registry: Registry) -> None:
    (ours,) = (asset for asset in graph.declared if asset.name == NAME)
    assert isinstance(ours, Dataset)
    theirs = replace(ours, method=replace(ours.method, run=lambda *_: []), settings=NOTHING)
    declared = [theirs if asset is ours else asset for asset in graph.declared]
    ahead = forecasts(graph.profile, declared, registry, Wanted([NAME], [], {}))
    assert ahead[NAME] == Forecast(seconds=None)


def test_a_forecast_in_words_says_what_it_was_counted_by() -> None:
    seen = Forecast(calls=96, stored=90, tokens=7_200, usd=0.5, seconds=24.0)
    unseen = Forecast(calls=8, tokens=900, seconds=None, by_limits=True)
    assert said(seen) == "6 to 96 calls, up to 7.2 k tokens, $0.50, 24 s"
    assert said(unseen) == (
        "up to 8 calls and 900 tokens (an estimate: every text at its limit), time unknown"
    )
    assert said(Forecast(seconds=21.0)) == "21 s" and said(None) == ""
    assert whole([seen, unseen, Forecast(seconds=21.0)]) == (
        "14 to 104 calls, up to 8.1 k tokens (an estimate: every text at its limit), $0.50, 45 s, "
        "and the time of 1 asset is not known yet"
    )
