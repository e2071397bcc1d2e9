"""The doctor names each thing that is wrong with its remedy, exits with 1, and writes nothing."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import duckdb
import pytest

from assets.doctor import machine
from assets.doctor.finding import Finding, refusals
from assets.doctor.machine import look_at_libraries
from assets.profile.history import open_instance
from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from datasets_registry.state import State
from tests.assets.cli.trained import ended
from tests.assets.importing import bring, unchecked
from tests.assets.runs.test_dead import dead_process, started

PROFILE = """description = "x"
min_free_gb = 0.1

[models.base]
model = "smollm2-135m-instruct"
"""


@pytest.fixture(autouse=True)
def scene(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile of one model, no history but the state's own, and no library to look at."""
    path = tmp_path_factory.mktemp("profile") / "own.toml"
    path.write_text(PROFILE)
    monkeypatch.setenv("TRIMTAB_PROFILE", str(path))
    monkeypatch.setenv("DAGSTER_HOME", "")
    monkeypatch.setattr(machine, "_pinned", dict)


def look() -> dict[str, list[dict[str, object]]]:
    """What the doctor finds, by what it is about, and that the exit code agrees."""
    result = ended("doctor", "--json")
    findings = json.loads(result.stdout)
    assert result.exit_code == int(any(not finding["well"] for finding in findings))
    by_topic: dict[str, list[dict[str, object]]] = {}
    for finding in findings:
        assert finding["well"] or finding["remedy"], finding
        by_topic.setdefault(str(finding["about"]), []).append(finding)
    return by_topic


def test_of_a_state_that_is_not_there_nothing_is_wrong_and_nothing_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIMTAB_HOME", str(tmp_path / "none"))
    findings = look()
    assert {"state", "profile", "disk", "gpu", "vllm", "keys", "dagster home", "libraries"} <= findings.keys()
    assert all(finding["well"] for topic in findings.values() for finding in topic)
    assert list(tmp_path.iterdir()) == []


def _red(registry: Registry, _: pytest.MonkeyPatch) -> None:
    bring(registry, "p1", red=True)


def _candidate(registry: Registry, _: pytest.MonkeyPatch) -> None:
    unchecked(registry, "p1")


def _gone(registry: Registry, _: pytest.MonkeyPatch) -> None:
    for path in registry.files(bring(registry, "p1")):
        path.unlink()


def _views(registry: Registry, _: pytest.MonkeyPatch) -> None:
    bring(registry, "p1")
    registry.state.views.write_bytes(b"no database")


def _held(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(registry, "p1")
    monkeypatch.setattr(duckdb, "connect", _locked)


def _locked(*_: object, **__: object) -> None:
    raise duckdb.IOException("Could not set lock on file")


def _catalog(registry: Registry, _: pytest.MonkeyPatch) -> None:
    bring(registry, "p1")
    registry.engine.dispose()
    registry.state.catalog.unlink()


def _dead(_: Registry, __: pytest.MonkeyPatch) -> None:
    with open_instance() as instance:
        started(instance, dead_process())


def _foreign_home(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(registry.state.root / "nowhere"))


def _unlimited(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    home = registry.state.root / "own"
    home.mkdir()
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}")
    monkeypatch.setenv("DAGSTER_HOME", str(home))


def _damaged(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    _unlimited(registry, monkeypatch)
    (registry.state.root / "own" / "dagster.yaml").write_text("run_storage: {module: os, class: none")


def _profile(old: str, new: str) -> "Callable[[Registry, pytest.MonkeyPatch], None]":
    def choose(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
        path = registry.state.root / "own.toml"
        path.write_text(PROFILE.replace(old, new))
        monkeypatch.setenv("TRIMTAB_PROFILE", str(path))

    return choose


MODEL = 'model = "smollm2-135m-instruct"'
HOSTED = f"""{MODEL}
backend = "openai"
engine = {{ base_url = "http://127.0.0.1:9/v1", api_key_env = "NO_SUCH_KEY" }}
"""
PROMPTS = f"""{MODEL}

[prompts.red_team]
file = "nowhere.jsonl"

[prompts.helpful]
file = "nowhere.jsonl"
"""
FAULTS: Mapping[str, tuple[str, Callable[[Registry, pytest.MonkeyPatch], None], str]] = {
    "a red version": ("versions", _red, "problems@1 is not passed (check c failed: 1 row is bad)"),
    "a killed import": ("versions", _candidate, "problems@1 was never checked"),
    "a lost file": ("versions", _gone, "files of problems@1 are missing"),
    "damaged views": ("views", _views, "cannot be read"),
    "a lock": ("views", _held, "another client holds"),
    "a lost catalog": ("catalog", _catalog, "catalog"),
    "a killed run": ("slots", _dead, "has no process any more"),
    "a missing home": ("dagster home", _foreign_home, "is not a folder that can be written"),
    "a damaged home": ("dagster home", _damaged, "dagster.yaml cannot be used (while parsing"),
    "a home without pools": ("dagster home", _unlimited, "limits no pool"),
    "an unknown setting": ("profile", _profile("min_free_gb", "nonsense"), "nonsense"),
    "a missing prompt file": ("plan", _profile(MODEL, PROMPTS), "nowhere.jsonl cannot be read"),
    "a missing key": ("keys", _profile(MODEL, HOSTED), "NO_SUCH_KEY is not set"),
    "a full disk": ("disk", _profile("0.1", "1e9"), "GB free"),
    "no card": ("gpu", _profile("min_free_gb", "requires_gpu = true\nmin_free_gb"), "requires a GPU"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_found_with_its_remedy(
    registry: Registry, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    topic, cause, sentence = FAULTS[fault]
    cause(registry, monkeypatch)
    by_topic = look()
    findings = [finding for finding in by_topic[topic] if not finding["well"]]
    assert any(sentence in f"{finding['what']} {finding['remedy']}" for finding in findings), findings
    said = [finding["what"] for about in by_topic.values() for finding in about]
    assert len(said) == len(set(said))


def files(folder: Path) -> dict[Path, bytes | None]:
    """The content of every file, and the folders."""
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def test_a_whole_state_is_well_and_stays_as_it_is(registry: Registry, state: State) -> None:
    bring(registry, "p1")
    before = files(state.root)
    assert all(finding["well"] for topic in look().values() for finding in topic)
    assert files(state.root) == before


def test_an_empty_folder_stays_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    monkeypatch.setenv("TRIMTAB_HOME", str(folder))
    monkeypatch.delenv("TRIMTAB_CATALOG", raising=False)
    assert all(finding["well"] for topic in look().values() for finding in topic)
    assert files(folder) == {}


def test_libraries_of_other_versions_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert look_at_libraries().well
    monkeypatch.setattr(machine, "_pinned", lambda: {"duckdb": "0.1", "no-such-library": "1", "numpy": "0.2"})
    finding = look_at_libraries()
    assert f"duckdb {duckdb.__version__} in place of 0.1" in finding.what and "numpy" in finding.what
    assert "no-such-library" not in finding.what and "make setup" in str(finding.remedy)


def test_a_refusal_without_a_remedy_gets_one() -> None:
    findings: list[Finding] = []
    for sentence in ("x is odd: write y", "x is odd", None):
        with refusals("x", findings, "x is there"):
            if sentence:
                raise BadInput(sentence)
    odd, bare, well = findings
    assert (odd.what, odd.remedy) == ("x is odd", "write y")
    assert (bare.what, bare.remedy) == ("x is odd", "mend it, then run `trimtab doctor` again")
    assert well == Finding("x", "x is there")
