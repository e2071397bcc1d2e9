"""The daemon asks for what stands on new data, once and in one pass; for new code only where told to."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import dagster as dg
import pytest

from assets.building.automation import TAG, condition, hours_today, require_hours, sensors, with_condition
from assets.graph import build_graph
from assets.profile.profile import load_profile
from assets.profile.rebuild import Rebuild
from datasets_registry.errors import OverBudget

# what Dagster's own tester uses of Dagster
pytestmark = pytest.mark.filterwarnings("ignore::dagster.BetaWarning")
NAMES = ("pairs", "policy", "answers")


class Line:
    """Three assets in a row, whose data, check and code change, and the daemon's cursor."""

    def __init__(self, instance: dg.DagsterInstance) -> None:
        self.rebuild, self.instance = Rebuild(when="data"), instance
        self.cursor: Any = None
        self.data, self.passes, self.code, self.ran = "a", True, "1", list[str]()
        self.meanwhile: Callable[[], object] = lambda: None

    def definitions(self) -> dg.Definitions:
        @dg.asset(name="pairs", check_specs=[dg.AssetCheckSpec("sound", asset="pairs", blocking=True)])
        def pairs() -> dg.MaterializeResult:  # type: ignore[type-arg]
            self.ran.append("pairs")
            return dg.MaterializeResult(
                data_version=dg.DataVersion(self.data),
                check_results=[dg.AssetCheckResult(passed=self.passes)],
            )

        @dg.asset(name="policy", deps=["pairs"], code_version=self.code)
        def policy() -> dg.MaterializeResult:  # type: ignore[type-arg]
            self.ran.append("policy")
            learned = self.data
            self.meanwhile()
            return dg.MaterializeResult(data_version=dg.DataVersion(f"policy of {learned}, {self.code}"))

        @dg.asset(name="answers", deps=["policy"])
        def answers() -> dg.MaterializeResult:  # type: ignore[type-arg]
            self.ran.append("answers")
            return dg.MaterializeResult(data_version=dg.DataVersion(f"answers of {self.data}, {self.code}"))

        return dg.Definitions(
            assets=with_condition((pairs, policy, answers), self.rebuild), sensors=sensors(self.rebuild, {})
        )

    def tick(self) -> list[str]:
        """What one look of the daemon asks for, which is then built in one run."""
        evaluated = dg.evaluate_automation_conditions(self.definitions(), self.instance, cursor=self.cursor)
        self.cursor = evaluated.cursor
        requested = [asset for asset in NAMES if evaluated.get_num_requested(dg.AssetKey(asset))]
        return self.build(*requested) if requested else []

    def build(self, *names: str) -> list[str]:
        """Build these by hand, and say what ran."""
        before = len(self.ran)
        job = self.definitions().resolve_implicit_global_asset_job_def()
        keys = [dg.AssetKey(asset) for asset in names]
        job.execute_in_process(instance=self.instance, asset_selection=keys, raise_on_error=False)
        return self.ran[before:]


@pytest.fixture
def line() -> Iterator[Line]:
    """All three built, and looked at."""
    with dg.DagsterInstance.ephemeral() as instance:
        line = Line(instance)
        line.build(*NAMES)
        line.tick()
        yield line


def test_new_data_rebuilds_all_below_in_order_once(line: Line) -> None:
    line.data = "b"
    line.build("pairs")
    assert line.tick() == ["policy", "answers"]
    assert line.tick() == []


def test_the_same_data_again_rebuilds_nothing(line: Line) -> None:
    line.build("pairs")
    assert line.tick() == []


def test_two_changes_within_one_look_are_one_pass(line: Line) -> None:
    for line.data in ("b", "c"):
        line.build("pairs")
    assert line.tick() == ["policy", "answers"]
    assert line.tick() == []


def test_new_data_seen_right_after_a_request_are_not_lost(line: Line) -> None:
    for line.data in ("b", "c"):
        line.build("pairs")
        assert line.tick() == ["policy", "answers"]


@pytest.mark.parametrize("looks", [0, 1, 2])
def test_new_data_that_come_while_a_model_trains_are_not_lost(line: Line, looks: int) -> None:
    def meanwhile() -> None:
        line.meanwhile, line.data = lambda: None, "c"
        line.build("pairs")
        assert [line.tick() for _ in range(looks)] == [[]] * looks

    line.data, line.meanwhile = "b", meanwhile
    line.build("pairs")
    assert line.tick() == ["policy", "pairs", "answers"]
    assert line.tick() == ["policy", "answers"]
    assert line.tick() == []


def test_a_red_blocking_check_rebuilds_nothing_until_it_is_green(line: Line) -> None:
    line.data, line.passes = "b", False
    line.build("pairs")
    assert line.tick() == []
    line.data, line.passes = "c", True
    line.build("pairs")
    assert line.tick() == ["policy", "answers"]


def test_what_a_person_has_built_is_not_built_again(line: Line) -> None:
    line.data = "b"
    line.build(*NAMES)
    assert line.tick() == []


def test_new_code_counts_only_where_everything_is_automatic(line: Line) -> None:
    line.code = "2"
    assert line.tick() == []
    line.rebuild = Rebuild(when="automatic")
    line.tick()
    line.code = "3"
    assert line.tick() == ["policy", "answers"]


@pytest.mark.parametrize("when", ["data", "automatic"])
def test_what_was_never_built_waits_for_a_person(when: Literal["data", "automatic"]) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        line = Line(instance)
        line.rebuild = Rebuild(when=when)
        assert [line.tick(), line.tick()] == [[], []]
        line.build("pairs")
        assert line.tick() == []
        line.data, line.code = "b", "2"
        line.build("pairs")
        assert line.tick() == []
        line.build("policy", "answers")
        assert line.tick() == []


def test_to_make_everything_automatic_starts_nothing(line: Line) -> None:
    line.instance.wipe_assets([dg.AssetKey("answers")])
    line.rebuild, line.code = Rebuild(when="automatic"), "2"
    assert [line.tick(), line.tick()] == [[], []]


def test_every_asset_of_a_profile_waits_for_data_and_none_of_a_manual_one_does() -> None:
    profile = load_profile("laptop")
    manual = build_graph(profile).definitions
    assert [sensor.name for sensor in manual.sensors or []] == ["dead_runs"]
    by_hand = manual.resolve_asset_graph().asset_nodes
    assert {node.metadata["rebuilt"] for node in by_hand} == {"by a person: rebuild.when is 'manual'"}
    rebuilding = profile.model_copy(update={"rebuild": Rebuild(when="data")})
    graph = build_graph(rebuilding).definitions.resolve_asset_graph()
    assert all(node.automation_condition for node in graph.asset_nodes)
    (sentence,) = {str(node.metadata["rebuilt"]) for node in graph.asset_nodes}
    assert "once an input has new data; held while a blocking check of an input is red" in sentence
    sensors = build_graph(rebuilding).definitions.sensors or []
    (sensor,) = (named for named in sensors if named.name == "rebuild")
    assert isinstance(sensor, dg.AutomationConditionSensorDefinition)
    assert sensor.default_status is dg.DefaultSensorStatus.RUNNING


def test_the_condition_says_in_words_what_holds_an_asset() -> None:
    waits = condition(Rebuild(when="data"))
    assert waits and waits.get_label() == "rebuild on data"
    assert "held by a red check of an input" in _labels(waits)


def _labels(part: dg.AutomationCondition[Any]) -> Iterator[str | None]:
    yield part.get_label()
    for child in part.children:
        yield from _labels(child)


def test_automatic_runs_stop_at_a_day_s_hours_and_a_person_s_do_not() -> None:
    spent = Rebuild(when="data", max_hours_a_day=0)

    @dg.asset
    def policy(context: dg.AssetExecutionContext) -> None:
        require_hours(context, spent)

    with dg.DagsterInstance.ephemeral() as instance:
        assert dg.materialize([policy], instance=instance).success
        with pytest.raises(OverBudget, match=r"max_hours_a_day is 0: raise it in the profile"):
            dg.materialize([policy], instance=instance, tags={TAG: "true"})
        now = datetime.now(UTC)
        assert 0 < hours_today(instance, now) < 1
        assert hours_today(instance, now + timedelta(days=1)) == 0
