"""Dagster is told of an import once, when it has passed; what stands on it is rebuilt then, and only then."""

from collections.abc import Iterator
from typing import Any

import dagster as dg
import pytest
from dagster._core.definitions.data_version import CachingStaleStatusResolver, StaleStatus
from dagster._core.loader import LoadingContextForTest

from assets.building.automation import with_condition
from assets.graph import build_graph
from assets.pipelines.imported import import_checks, import_sensors, imported_assets
from assets.profile.profile import load_profile
from assets.profile.rebuild import Rebuild
from datasets_registry.registry import Registry
from quality.auditing.overruling import pass_by_hand
from tests.assets.importing import bring

# what Dagster's own tester uses of Dagster
pytestmark = pytest.mark.filterwarnings("ignore::dagster.BetaWarning")
DATA = Rebuild(when="data")


class Desk:
    """Imports of ``problems``, a model below, and the daemon's looks at both."""

    def __init__(self, registry: Registry, instance: dg.DagsterInstance) -> None:
        self.registry, self.instance = registry, instance
        self.cursor: Any = None
        self.prompts = "a"
        self.sensor = import_sensors(["problems"], DATA)[0]

    def definitions(self) -> dg.Definitions:
        @dg.asset(name="prompts")
        def prompts() -> dg.MaterializeResult:  # type: ignore[type-arg]
            return dg.MaterializeResult(data_version=dg.DataVersion(self.prompts))

        @dg.asset(name="model", deps=["problems", "prompts"], code_version="1")
        def model() -> None: ...

        return dg.Definitions(
            assets=[*with_condition((prompts, model), DATA), *imported_assets(["problems"])],
            asset_checks=import_checks(["problems"]),
        )

    def look(self) -> tuple[list[dg.AssetMaterialization], str]:
        """One look of the imports sensor: the events, which the daemon stores, and what it says."""
        with dg.build_sensor_context(instance=self.instance) as context:
            result = self.sensor(context)
        assert isinstance(result, dg.SensorResult)
        for event in result.asset_events:
            assert isinstance(event, dg.AssetMaterialization | dg.AssetCheckEvaluation)
            self.instance.report_runless_asset_event(event)
        events = [event for event in result.asset_events if isinstance(event, dg.AssetMaterialization)]
        return events, str(result.skip_reason.skip_message) if result.skip_reason else ""

    def tick(self) -> bool:
        """Whether the daemon asks for the model, which is then built."""
        self.look()
        evaluated = dg.evaluate_automation_conditions(self.definitions(), self.instance, cursor=self.cursor)
        self.cursor = evaluated.cursor
        requested = evaluated.get_num_requested(dg.AssetKey("model")) == 1
        if requested:
            self.build()
        return requested

    def build(self, defs: dg.Definitions | None = None, name: str = "model") -> None:
        job = (defs or self.definitions()).resolve_implicit_global_asset_job_def()
        assert job.execute_in_process(instance=self.instance, asset_selection=[dg.AssetKey(name)]).success

    def check(self) -> tuple[bool, str]:
        """What the UI shows of the newest import, less the reason."""
        key = dg.AssetCheckKey(dg.AssetKey("problems"), "newest_import")
        record = self.instance.event_log_storage.get_latest_asset_check_execution_by_key([key])[key]
        assert record.evaluation
        return record.evaluation.passed, str(record.evaluation.description).partition(" (")[0]

    def is_stale(self) -> bool:
        graph = self.definitions().resolve_asset_graph()
        context = LoadingContextForTest(self.instance)
        resolver = CachingStaleStatusResolver(self.instance, graph, context)
        return resolver.get_status(dg.AssetKey("model")) == StaleStatus.STALE


@pytest.fixture
def desk(registry: Registry) -> Iterator[Desk]:
    """One import, known to Dagster, and the model built on it."""
    with dg.DagsterInstance.ephemeral() as instance:
        desk = Desk(registry, instance)
        bring(desk.registry, "p1")
        desk.look()
        desk.build(name="prompts")
        desk.build()
        assert not desk.tick()
        yield desk


def test_a_new_import_makes_what_stands_on_it_stale_and_is_asked_for_once(desk: Desk) -> None:
    version = bring(desk.registry, "p1", "p2")
    (event,), reason = desk.look()
    assert reason == "problems@2 is new"
    assert event.tags and event.tags["dagster/data_version"] == version.learned_version
    assert event.metadata["dagster/row_count"].value == 2 and desk.is_stale()
    assert [desk.tick(), desk.tick()] == [True, False] and not desk.is_stale()


def test_the_same_data_again_is_no_news(desk: Desk) -> None:
    bring(desk.registry, "p1")
    assert desk.look() == ([], "nothing was imported since")
    assert not desk.tick()


@pytest.mark.parametrize("columns", [{"source": "renamed.jsonl"}, {"licence": "CC0-1.0"}])
def test_the_same_rows_from_elsewhere_are_no_news(desk: Desk, columns: dict[str, Any]) -> None:
    assert bring(desk.registry, "p1", **columns).number == 2
    assert desk.look() == ([], "nothing was imported since")
    assert not desk.tick() and not desk.is_stale()


def test_other_text_from_elsewhere_is_news(desk: Desk) -> None:
    bring(desk.registry, "p1", answer="another", source="renamed.jsonl")
    assert desk.tick()


def test_earlier_data_again_is_news(desk: Desk) -> None:
    bring(desk.registry, "p1", "p2")
    assert desk.tick()
    bring(desk.registry, "p1")
    assert desk.tick()


def test_data_whose_blocking_check_fails_is_no_news_and_the_look_says_which(desk: Desk) -> None:
    bring(desk.registry, "p1", "p2", red=True)
    events, reason = desk.look()
    assert events == [] and "problems@2 is not passed (check c failed: 1 row is bad)" in reason
    assert "or `trimtab pass problems@2 --reason '…'`; until then" in reason
    assert not desk.tick() and not desk.is_stale()


@pytest.mark.parametrize("mended", ["good rows", "the rows before", "passed by a person"])
def test_what_a_red_import_holds_is_built_once_as_soon_as_that_is_mended(desk: Desk, mended: str) -> None:
    red = bring(desk.registry, "p1", "p2", red=True)
    desk.prompts = "b"
    desk.build(name="prompts")
    assert [desk.tick(), desk.tick()] == [False, False] and desk.check() == (
        False,
        "problems@2 is not passed",
    )
    if mended == "passed by a person":
        pass_by_hand(desk.registry, red, "looked at it")
    else:
        bring(desk.registry, *(("p1", "p3") if mended == "good rows" else ("p1",)))
    assert [desk.tick(), desk.tick(), desk.tick()] == [True, False, False]
    assert desk.check()[0]


def test_a_red_import_alone_holds_nothing_once_the_same_rows_are_back(desk: Desk) -> None:
    bring(desk.registry, "p1", "p2", red=True)
    assert not desk.tick()
    bring(desk.registry, "p1")
    assert not desk.tick() and desk.check() == (True, "problems@1 has passed its blocking checks")


def test_a_person_may_run_the_check_of_an_import(desk: Desk) -> None:
    bring(desk.registry, "p1", "p2", red=True)
    (check,) = import_checks(["problems"])
    result = check()
    assert isinstance(result, dg.AssetCheckResult)
    assert not result.passed and "nothing is rebuilt from this dataset" in str(result.description)


def test_data_that_a_person_passed_after_all_is_news(desk: Desk) -> None:
    pass_by_hand(desk.registry, bring(desk.registry, "p1", "p2", red=True), "looked at it")
    assert desk.tick()


def test_there_and_back_between_two_looks_is_no_news(desk: Desk) -> None:
    bring(desk.registry, "p1", "p2")
    bring(desk.registry, "p1")
    assert not desk.tick()


def test_what_is_not_imported_yet_is_told_with_the_remedy(registry: Registry) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        events, reason = Desk(registry, instance).look()
    assert (
        not events
        and "'problems' has no version yet" in reason
        and "`trimtab import FILE --as problems`" in reason
    )


def test_what_stands_on_data_that_was_made_and_is_now_imported_does_not_stay_stale(
    registry: Registry,
) -> None:
    @dg.asset
    def problems() -> dg.MaterializeResult:  # type: ignore[type-arg]
        return dg.MaterializeResult(data_version=dg.DataVersion("made"))

    with dg.DagsterInstance.ephemeral() as instance:
        desk = Desk(registry, instance)
        desk.build(dg.Definitions(assets=[problems]), "problems")
        desk.build()
        bring(desk.registry, "p1")
        desk.look()
        assert desk.is_stale()
        desk.build()
        assert not desk.is_stale()


@pytest.mark.parametrize("when", ["manual", "data"])
def test_a_profile_s_imported_data_stand_in_the_graph_and_are_looked_for(when: str) -> None:
    profile = load_profile("laptop")
    assert profile.problems and not build_graph(profile).imported
    imported = profile.problems.model_copy(update={"families": ()})
    graph = build_graph(
        profile.model_copy(update={"problems": imported, "rebuild": Rebuild(when=when, every_seconds=7)})
    )
    assert graph.imported == ("problems",)
    node = graph.definitions.resolve_asset_graph().get(dg.AssetKey("problems"))
    assert node.group_name == "imported" and not node.is_materializable
    assert node.description and node.description.startswith("One row per problem")
    sensors = {sensor.name: sensor for sensor in graph.definitions.sensors or []}
    del sensors["dead_runs"]
    assert sensors.keys() == ({"imports"} if when == "manual" else {"imports", "rebuild", "held"})
    assert {sensor.minimum_interval_seconds for sensor in sensors.values()} == {7}
    assert sensors["imports"].default_status is dg.DefaultSensorStatus.RUNNING
