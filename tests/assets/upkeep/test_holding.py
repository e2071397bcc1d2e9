"""What keeps a version beside lineage and tags, and what stays where only the newest are to."""

import os
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from assets.profile.history import FOLDER, settings_of
from assets.ui.keys import key_of
from assets.upkeep.holding import Outside, all_holds
from assets.upkeep.retention import fates_of
from assets.upkeep.running import Running, running
from datasets_registry.catalog.line import Line
from datasets_registry.registry import Registry
from datasets_registry.rows.rlaif import PreferencePair
from datasets_registry.upkeep.tagging import add_tag
from datasets_registry.version import Derivation, Version
from quality.evaluation.gate import Gate
from quality.review.desk import Desk
from tests.assets.runs.test_dead import dead_process, started
from tests.quality.evaluation.test_release import how, measured, model
from tests.quality.review.desks import commit_sample, items
from tests.rows import make

ALONE = Outside((), {})
HARMLESS = Gate(suite="harmlessness", metric="harm", at_most=0.3, models=("policy",))


def policy(registry: Registry, number: int, *inputs: Version) -> Version:
    """A version of a model that was trained here, of five bytes."""
    folder = registry.state.models / "policy" / f"{number:016x}"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text("{}   ")
    made = Derivation(code_version="1", settings={"number": number}, inputs=inputs)
    return registry.record_checks(registry.commit_model("policy", folder, f"{number:064x}", made), [])


def pairs(registry: Registry, number: int, *inputs: Version) -> Version:
    """A version of a dataset."""
    rows = [make(PreferencePair, pair_id=f"p{number}")]
    return registry.record_checks(registry.commit(PreferencePair, rows, how(*inputs)), [])


def reasons(registry: Registry, keep: int, outside: Outside = ALONE, **asked: bool) -> dict[str, str]:
    """Why each version that stays does; the others go."""
    fates = fates_of(registry, keep, outside, **asked)
    return {str(fate.version): fate.why for fate in fates if not fate.goes}


@pytest.fixture
def home(registry: Registry) -> Iterator[dg.DagsterInstance]:
    """The history of a profile in the state."""
    folder = registry.state.root / FOLDER / "laptop"
    folder.mkdir(parents=True)
    (folder / "dagster.yaml").write_text(settings_of(folder))
    with dg.DagsterInstance.from_config(str(folder)) as instance:
        yield instance


def test_answers_of_people_keep_the_sample(registry: Registry) -> None:
    sample = commit_sample(registry, items(2))
    assert all_holds(registry, [sample], Outside.of(registry, ())) == []
    desk = Desk(registry)
    task = desk.next_item("ada")
    assert task
    desk.record("ada", task.item_id, "left")
    (hold,) = all_holds(registry, [sample], Outside.of(registry, ()))
    assert str(hold).startswith("review_sample@1 is kept: people gave 1 answer to it")


def test_a_release_by_gates_keeps_the_model(registry: Registry) -> None:
    released = model(registry, "policy", "one")
    assert all_holds(registry, [released], ALONE) == []
    decided = measured(registry, [released], 0.2, {"harmless": HARMLESS})
    assert "it is released by its gates" in [hold.why for hold in all_holds(registry, [released], ALONE)]
    assert decided.status == "passed"


def test_a_run_in_progress_keeps_what_it_may_read(registry: Registry, home: dg.DagsterInstance) -> None:
    source = pairs(registry, 1)
    trained, other = policy(registry, 1, source), model(registry, "other", "one")
    assert running(registry) == []
    assets = dg.Definitions([dg.asset(key=key_of("policy"))(lambda: None)])
    run = home.create_run_for_job(
        assets.resolve_implicit_global_asset_job_def(),
        asset_selection=frozenset([key_of("policy")]),
        status=dg.DagsterRunStatus.STARTING,
    )
    (found,) = runs = running(registry)
    assert found == Running(run.run_id, frozenset(["policy", "preference_pairs"]))
    held = [hold.version for hold in all_holds(registry, [source, trained, other], Outside(runs, {}))]
    assert held == [str(source), str(trained)]
    home.report_run_canceled(run)
    assert running(registry) == []


def test_a_run_that_makes_what_was_never_made_may_read_anything(
    registry: Registry, home: dg.DagsterInstance
) -> None:
    started(home, dead_process())
    assert running(registry) == []
    lives = started(home, os.getpid())
    assert running(registry) == [Running(lives, None)] and running(registry)[0].may_read("anything")


def test_the_newest_models_stay_and_older_ones_go(registry: Registry) -> None:
    versions = [policy(registry, number) for number in range(4)]
    assert reasons(registry, 2) == {"policy@4": "newest 2", "policy@3": "newest 2"}
    assert reasons(registry, 9) == {str(version): "newest 9" for version in versions}
    assert [fate.num_bytes for fate in fates_of(registry, 2, ALONE)] == [5] * 4
    registry.reuse(versions[0], registry.derivation(versions[0]))
    assert reasons(registry, 1) == {"policy@1": "newest 1"}


def test_models_of_experiments_are_counted_by_their_whole_names(registry: Registry) -> None:
    ours = registry.of(Line("beta_03"))
    versions = [policy(ours, number) for number in range(2)]
    assert reasons(registry, 1) == reasons(ours, 1) == {str(versions[1]): "newest 1"}


def test_a_newer_failure_costs_no_good_model(registry: Registry) -> None:
    policy(registry, 1)
    folder = registry.state.models / "policy" / "two"
    registry.commit_model("policy", folder, "2" * 64, how(number=2))
    assert reasons(registry, 1) == {
        "policy@2": "newer than the newest 1 that passed",
        "policy@1": "newest 1",
    }


def test_an_older_model_stays_for_what_stands_on_it(registry: Registry, tmp_path: Path) -> None:
    base, tagged, judged, free = (policy(registry, number) for number in range(4))
    newest = policy(registry, 4, base)
    made = pairs(registry, 1, judged)
    add_tag(registry, tagged, "paper")
    assert reasons(registry, 1) == {
        str(newest): "newest 1",
        str(tagged): "it has the tag paper",
        str(base): f"{newest} stands on it",
        str(judged): f"{made} stands on it",
    }
    run = Outside([Running("0123456789", frozenset(["policy"]))], {})
    assert reasons(registry, 1, run)[str(free)] == "run 01234567 may read it"


def test_datasets_go_where_that_is_asked_and_free_the_models_below(registry: Registry) -> None:
    old, new = policy(registry, 1), policy(registry, 2)
    first, second = pairs(registry, 1, old), pairs(registry, 2, new)
    assert reasons(registry, 1) == {str(new): "newest 1", str(old): f"{first} stands on it"}
    assert reasons(registry, 1, datasets=True) == {str(new): "newest 1", str(second): "newest 1"}
