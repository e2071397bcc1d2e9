"""Removing versions: what something stands on stays, and what goes goes whole, whenever it is killed."""

import os
import signal
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from datasets_registry import garbage
from datasets_registry.catalog import records, removed
from datasets_registry.catalog.line import Line
from datasets_registry.errors import BadInput, Faults, TrimtabError, UnknownVersion
from datasets_registry.garbage import collect, freed_bytes
from datasets_registry.manifest import FILE, Manifest
from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import SuiteFigure
from datasets_registry.upkeep import removing
from datasets_registry.upkeep.removing import remove
from datasets_registry.upkeep.tagging import add_tag, remove_tag
from datasets_registry.version import CheckResult, Derivation, Version
from datasets_registry.views import views
from datasets_registry.views.asking import ask
from tests.datasets_registry.test_garbage import age
from tests.rows import make

NAME = SuiteFigure.dataset
GREEN = CheckResult(check="c", passed=True, severity="error", value=0, threshold=0, description="none")
# shorter than files are aged, so that only their removal keeps them
GRACE = timedelta(hours=1)


def derived(*inputs: Version) -> Derivation:
    """How something was made from these."""
    return Derivation(code_version="1", settings={}, inputs=inputs, parts={"module": "digest"})


def committed(registry: Registry, value: float, *inputs: Version, name: str = NAME) -> Version:
    """A passed version of one row."""
    version = registry.commit(SuiteFigure, [make(SuiteFigure, value=value)], derived(*inputs), name)
    return registry.record_checks(version, [GREEN])


@pytest.fixture
def line(registry: Registry) -> list[Version]:
    """Two versions of a dataset, and a version of another that was made from the first."""
    first, second = committed(registry, 1), committed(registry, 2)
    return [first, second, committed(registry, 3, first, name="below")]


def test_what_was_made_from_a_version_keeps_it_until_it_goes_too(
    registry: Registry, line: list[Version]
) -> None:
    first, _, below = line
    with pytest.raises(BadInput, match=f"{first} is kept: {below} stands on it .*lineage {first} --down"):
        remove(registry, [first])
    assert registry.versions(NAME) == line[:2] and registry.derivation(below).inputs == (first,)
    remove(registry, [first, below])
    assert registry.versions(NAME) == [line[1]]
    with pytest.raises(UnknownVersion, match="no dataset or model 'below' any more .below@1 was removed by"):
        registry.resolve("below@1")


def test_a_version_of_an_earlier_derivation_is_stood_on_too(registry: Registry, line: list[Version]) -> None:
    first, second, below = line
    registry.record(below, derived(second))
    for used in (first, second):
        with pytest.raises(BadInput, match=f"{used} is kept: {below} stands on it"):
            remove(registry, [used])


def test_a_tag_keeps_its_version(registry: Registry, line: list[Version]) -> None:
    add_tag(registry, line[1], "paper")
    with pytest.raises(Faults) as refused:
        remove(registry, line[:2])
    assert len(refused.value.sentences) == 2 and "--remove` takes it away" in refused.value.sentences[1]
    remove_tag(registry, NAME, "paper")
    remove(registry, [line[1]])
    with pytest.raises(UnknownVersion, match=f"{line[1]} was removed by .* on .*: the newest is {line[0]}"):
        registry.resolve(str(line[1]))


def test_the_number_of_what_is_gone_names_nothing_else(registry: Registry, line: list[Version]) -> None:
    remove(registry, [line[1]])
    assert committed(registry, 9).number == 3
    again = committed(registry, 2)
    assert (again.number, again.data_version) == (2, line[1].data_version)
    assert registry.rows(SuiteFigure, again) == [make(SuiteFigure, value=2)]
    assert registry.newest(NAME) == again and registry.checks(again) == [GREEN]


def test_views_show_no_version_that_is_gone(registry: Registry, line: list[Version]) -> None:
    remove(registry, [line[1]])
    assert ask(registry.state, f"SELECT value FROM {NAME}")[1] == [(1.0,)]
    names = {name for (name,) in ask(registry.state, "SELECT view_name FROM duckdb_views()")[1]}
    assert f"{NAME}@1" in names and f"{NAME}@2" not in names


def test_files_wait_for_whoever_reads_them_and_then_go(registry: Registry, line: list[Version]) -> None:
    paths = [age(path) for path in registry.files(line[1])]
    sizes = sum(path.stat().st_size for path in paths)
    assert freed_bytes(registry, [line[1]]) == sizes
    remove(registry, [line[1]])
    waiting = collect(registry, GRACE, dry_run=False)
    assert not set(waiting.paths) & set(paths) and waiting.waiting and all(path.exists() for path in paths)
    gone = collect(registry, timedelta(seconds=-1), dry_run=False)
    assert set(paths) <= set(gone.paths) and not any(path.exists() for path in paths)
    assert registry.rows(SuiteFigure, line[0]) == [make(SuiteFigure, value=1)]


def test_a_models_folder_waits_for_whoever_reads_it_and_then_goes(registry: Registry) -> None:
    folder = registry.state.models / "policy" / "0123456789abcdef"
    folder.mkdir(parents=True)
    Manifest(name="policy").write(folder)
    version = registry.record_checks(registry.commit_model("policy", folder, "f" * 64, derived()), [GREEN])
    age(folder / FILE)
    age(folder)
    remove(registry, [version])
    assert folder not in collect(registry, GRACE, dry_run=False).paths and folder.exists()
    assert folder in collect(registry, timedelta(seconds=-1), dry_run=False).paths and not folder.exists()


def test_files_that_others_have_too_free_nothing(registry: Registry) -> None:
    one, other = committed(registry, 1), committed(registry, 1, name="other")
    assert freed_bytes(registry, [one]) == 0 < freed_bytes(registry, [one, other])
    remove(registry, [one])
    collect(registry, timedelta(seconds=-1), dry_run=False)
    assert registry.is_whole(other)


def test_a_trained_models_folder_goes_and_a_given_one_stays(registry: Registry, tmp_path: Path) -> None:
    trained, given = registry.state.models / "policy" / ("a" * 16), tmp_path / ("b" * 16)
    for folder in (trained, given):
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text("{}")
    models = [
        registry.record_checks(registry.commit_model("policy", folder, folder.name, derived()), [])
        for folder in (trained, given)
    ]
    assert [freed_bytes(registry, [model]) for model in models] == [2, 0]
    remove(registry, models)
    collect(registry, timedelta(seconds=-1), dry_run=False)
    assert (trained.exists(), given.exists()) == (False, True)


def test_what_is_made_from_a_version_that_went_meanwhile_is_refused(
    registry: Registry, line: list[Version]
) -> None:
    second = line[1]
    candidate = registry.commit(SuiteFigure, [make(SuiteFigure, value=5)], derived())
    remove(registry, [second, candidate])
    staged = registry.stage(SuiteFigure, [make(SuiteFigure, value=6)], "late")
    for late in (
        lambda: registry.commit_staged([staged], derived(second)),
        lambda: registry.record(line[0], derived(second)),
        lambda: registry.record_checks(candidate, [GREEN]),
        lambda: registry.reuse(second, derived()),
        lambda: remove(registry, [second]),
        lambda: add_tag(registry, second, "paper"),
    ):
        with pytest.raises(UnknownVersion, match="was removed"):
            late()
    assert registry.names("dataset") == ["below", NAME] and registry.tags() == []


def test_of_a_remover_and_a_builder_at_once_one_is_refused(registry: Registry) -> None:
    for step in range(6):
        source = committed(registry, step, name="source")
        start, refused = threading.Barrier(2), list[TrimtabError]()

        def tried(work: Callable[[Registry], object]) -> None:
            own = Registry(registry.state, registry.url)
            start.wait()  # noqa: B023
            try:
                work(own)
            except TrimtabError as error:
                refused.append(error)  # noqa: B023
            own.engine.dispose()

        builds = lambda own, used=source: committed(own, 100 + used.number, used, name="built")  # noqa: E731
        removes = lambda own, used=source: remove(own, [used])  # noqa: E731
        pair = [threading.Thread(target=tried, args=(work,)) for work in (builds, removes)]
        for one in pair:
            one.start()
        for one in pair:
            one.join()
        assert len(refused) == 1
        with_source = Registry(registry.state, registry.url)
        there = {
            str(version) for name in with_source.names("dataset") for version in with_source.versions(name)
        }
        with_source.engine.dispose()
        was_removed = isinstance(refused[0], UnknownVersion)
        assert (str(source) in there) != was_removed


def kill(*_: Any, **__: Any) -> None:
    """End this process as a kill from outside would."""
    os.kill(os.getpid(), signal.SIGKILL)


# where the process dies, and whether the version is gone then
STAGES = {
    "before the transaction": (removing, "require_there", False),
    "amid the deletions": (removed, "insert", False),
    "before the views": (Registry, "refresh_views", True),
    "amid the views": (views, "_replace", True),
    "amid the collection": (garbage, "_remove", True),
}


@pytest.mark.parametrize("stage", STAGES)
def test_a_kill_leaves_a_version_whole_or_gone(stage: str, registry: Registry, line: list[Version]) -> None:
    place, function, is_gone = STAGES[stage]
    second = line[1]
    paths = [age(path) for path in registry.files(second)]
    child = os.fork()
    if not child:
        own = Registry(registry.state, registry.url)
        setattr(place, function, kill)
        remove(own, [second])
        collect(own, timedelta(seconds=-1), dry_run=False)
        os._exit(0)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    there = registry.versions(NAME)
    assert there == ([line[0]] if is_gone else line[:2])
    if not is_gone:
        assert registry.rows(SuiteFigure, second) and registry.checks(second) == [GREEN]
        assert registry.derivation(second).parts == {"module": "digest"}
        remove(registry, [second])
    collect(registry, timedelta(seconds=-1), dry_run=False)
    assert not any(path.exists() for path in paths)
    assert ask(registry.state, f"SELECT value FROM {NAME}")[1] == [(1.0,)]
    assert ask(registry.state, "FROM versions SELECT name, version ORDER BY ALL")[1] == [
        ("below", 1),
        (NAME, 1),
    ]
    assert records.Records(registry.engine).derivations(NAME)[0][0] == line[0]


def test_the_names_of_an_experiment_remove_and_tag_its_own(registry: Registry) -> None:
    """What was made alike has the same number and the same content in both lines."""
    of_main, ours = committed(registry, 1), registry.of(Line("beta_03"))
    own = ours.reuse(of_main, derived())
    assert own.name == NAME and own.data_version == of_main.data_version
    add_tag(ours, own, "paper")
    assert registry.tags(NAME) == [] and [str(tag) for tag in ours.tags()] == [f"{own.whole}@paper"]
    remove_tag(ours, NAME, "paper")
    below = committed(ours, 3, own, name="below")
    with pytest.raises(BadInput, match=f"{own} is kept: {below} stands on it"):
        remove(ours, [own])
    remove(registry, [of_main])
    assert ours.versions(NAME) == [own] and freed_bytes(ours, [own]) > 0
    remove(ours, [own, below])
    with pytest.raises(UnknownVersion, match=f"any more .{own} was removed by"):
        ours.versions(NAME)
