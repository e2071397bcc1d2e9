"""Automatic runs that were refused go on once, when their cause is gone; all others wait for a person."""

from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

import dagster as dg
import pytest

from assets.building.automation import TAG
from assets.building.opening import failures_as_sentences, open_ready
from assets.building.recipe import Recipe
from assets.building.versions import Recipes
from assets.held.runs import GOES_ON_TAG, HELD_TAG, look
from assets.profile.profile import Profile, load_profile
from assets.profile.rebuild import Rebuild
from datasets_registry.errors import HoursSpent, ModelFailed, OverBudget, TrimtabError, UnpassedVersion
from datasets_registry.registry import Registry
from generation.spending import Budget
from methods.verifiers.maths import number
from quality.auditing.overruling import pass_by_hand
from tests.assets.importing import bring

NAMES = ("taught", "preferred")


class Daemon:
    """Two assets in a row on imported problems, the first of which is refused, and looks at what is held."""

    def __init__(self, registry: Registry, instance: dg.DagsterInstance) -> None:
        self.registry, self.instance = registry, instance
        self.profile = _with(load_profile("laptop"), max_hours_a_day=0.0)
        code = (number.__name__,)
        self.known = Recipes(
            {
                "taught": Recipe("taught", {"inputs": ("problems",)}, {}, (), code),
                "preferred": Recipe("preferred", {"inputs": ("taught",)}, {}, (), code),
            },
            {},
        )
        self.refusal: TrimtabError | None = None
        self.ran: list[str] = []

    def definitions(self) -> dg.Definitions:
        @dg.asset
        def taught(context: dg.AssetExecutionContext) -> None:
            with failures_as_sentences():
                open_ready(context, self.known, self.profile)
                if self.refusal:
                    raise self.refusal
            self.ran.append("taught")

        @dg.asset(deps=[taught])
        def preferred() -> None:
            self.ran.append("preferred")

        return dg.Definitions(assets=[taught, preferred])

    def run(
        self, *names: str, automatic: bool = True, tags: Mapping[str, str] | None = None
    ) -> dg.DagsterRun:
        """A run of these, which fails where it is refused."""
        job = self.definitions().resolve_implicit_global_asset_job_def()
        result = job.execute_in_process(
            instance=self.instance,
            raise_on_error=False,
            asset_selection=[dg.AssetKey(name) for name in names or NAMES],
            tags={**(tags or {}), **({TAG: "true"} if automatic else {})},
        )
        run = self.instance.get_run_by_id(result.run_id)
        assert run
        return run

    def look(self) -> Collection[str] | str:
        """What a look asks for, which is run then; or what it says is held."""
        looked = look(self.profile, self.known, ("problems",), self.registry, self.instance)
        if isinstance(looked, dg.SkipReason):
            return str(looked.skip_message)
        names = [key.to_user_string() for key in looked.asset_selection or ()]
        self.run(*names, tags=looked.tags)
        return names


@pytest.fixture
def daemon(registry: Registry, tmp_path: Path) -> Iterator[Daemon]:
    """A daemon whose hours are spent, and one import."""
    with dg.DagsterInstance.ephemeral() as instance:
        daemon = Daemon(registry, instance)
        bring(daemon.registry, "p1")
        yield daemon


def _with(profile: Profile, **rebuild: float | None) -> Profile:
    return profile.model_copy(update={"rebuild": Rebuild(when="data", **rebuild), "min_free_gb": 0.0})


def _hours(daemon: Daemon) -> None:
    daemon.profile = _with(daemon.profile, max_hours_a_day=2.0)


def _budget(daemon: Daemon) -> None:
    daemon.profile = daemon.profile.model_copy(update={"budget": Budget(max_tokens=7)})


def _mend(daemon: Daemon) -> None:
    bring(daemon.registry, "p1")


def _pass(daemon: Daemon) -> None:
    pass_by_hand(daemon.registry, daemon.registry.version("problems", 2), "looked at it")


CAUSES: Mapping[str, tuple[TrimtabError, Callable[[Daemon], None]]] = {
    "hours": (HoursSpent("automatic runs took 2 hours"), _hours),
    "budget": (OverBudget("it would cost 9 dollars"), _budget),
    "red": (UnpassedVersion("problems@2 is not passed"), _mend),
    "passed": (UnpassedVersion("problems@2 is not passed"), _pass),
}


@pytest.mark.parametrize("kind", CAUSES)
def test_a_refused_run_goes_on_once_when_its_cause_is_gone(daemon: Daemon, kind: str) -> None:
    if kind in ("red", "passed"):
        bring(daemon.registry, "p1", "p2", red=True)
    daemon.refusal, mend = CAUSES[kind]
    refused = daemon.run()
    why = str(daemon.refusal)
    for _ in range(2):
        said = daemon.look()
        assert isinstance(said, str) and said.startswith(f"preferred, taught: {why}")
    held = daemon.instance.get_run_by_id(refused.run_id)
    assert held and held.tags[HELD_TAG].startswith(why) and daemon.ran == []
    mend(daemon)
    daemon.refusal = None
    assert daemon.look() == ["preferred", "taught"]
    assert daemon.ran == ["taught", "preferred"]
    assert daemon.look() == "nothing is held"
    assert daemon.instance.get_runs()[0].tags[GOES_ON_TAG] == refused.run_id[:8]


def test_what_is_refused_again_is_held_again_and_goes_on_once_more(daemon: Daemon) -> None:
    daemon.refusal = CAUSES["hours"][0]
    daemon.run()
    _hours(daemon)
    assert daemon.look() == ["preferred", "taught"] and daemon.ran == []
    daemon.refusal = None
    assert daemon.look() == ["preferred", "taught"] and daemon.ran == ["taught", "preferred"]
    assert daemon.look() == "nothing is held"


def test_several_held_runs_go_on_as_one(daemon: Daemon) -> None:
    daemon.refusal = CAUSES["hours"][0]
    for _ in range(3):
        daemon.run()
    _hours(daemon)
    daemon.refusal = None
    assert daemon.look() == ["preferred", "taught"] and daemon.look() == "nothing is held"


@pytest.mark.parametrize("kind", ["a model that fails", "a person's run", "built by a person meanwhile"])
def test_what_waits_for_a_person_is_not_begun(daemon: Daemon, kind: str) -> None:
    fails = kind == "a model that fails"
    daemon.refusal = ModelFailed("the loss is not a number") if fails else CAUSES["hours"][0]
    daemon.run(automatic=kind != "a person's run")
    _hours(daemon)
    daemon.refusal = None
    if kind == "built by a person meanwhile":
        daemon.run(automatic=False)
    expected = "preferred, taught: the loss is not a number" if fails else "nothing is held"
    assert daemon.look() == expected


def test_what_a_disk_is_too_small_for_stays_held(daemon: Daemon) -> None:
    daemon.refusal = CAUSES["hours"][0]
    daemon.run()
    _hours(daemon)
    daemon.profile = daemon.profile.model_copy(update={"min_free_gb": 1e9})
    assert "GB free" in daemon.look()
