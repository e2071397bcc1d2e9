"""Tags: a version has names that people give it, none of which moves unless a person says so."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from datasets_registry.errors import BadInput, UnknownVersion
from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import SuiteFigure
from datasets_registry.upkeep.tagging import add_tag, remove_tag, usable_tag
from datasets_registry.version import Derivation, Version
from datasets_registry.views.asking import ask
from tests.rows import make

NAME = SuiteFigure.dataset


@pytest.fixture
def versions(registry: Registry, derivation: Derivation) -> list[Version]:
    """Three versions of a dataset."""
    rows = ([make(SuiteFigure, value=value)] for value in (1.0, 2.0, 3.0))
    return [registry.record_checks(registry.commit(SuiteFigure, each, derivation), []) for each in rows]


def test_a_tag_names_its_version_until_it_is_moved(registry: Registry, versions: list[Version]) -> None:
    first, second, _ = versions
    tag, before = add_tag(registry, first, "paper")
    assert before is None and registry.resolve(f"{NAME}@paper") == first
    assert add_tag(registry, first, "paper") == (tag, tag)
    with pytest.raises(BadInput, match=f"paper is {first}, by .*--move it to {second}"):
        add_tag(registry, second, "paper")
    assert registry.resolve(f"{NAME}@paper") == first
    moved, before = add_tag(registry, second, "paper", move=True)
    assert before == tag and moved.before == 1 and registry.resolve(f"{NAME}@paper") == second


def test_a_tag_that_is_taken_away_names_nothing_and_the_version_stays(
    registry: Registry, versions: list[Version]
) -> None:
    add_tag(registry, versions[0], "paper")
    assert remove_tag(registry, NAME, "paper").version == str(versions[0])
    assert registry.tags() == [] and registry.versions(NAME) == versions
    for gone in (f"{NAME}@paper", "nothing@paper"):
        with pytest.raises(UnknownVersion):
            registry.resolve(gone)
    with pytest.raises(UnknownVersion, match="has the tag 'paper'"):
        remove_tag(registry, NAME, "paper")


def test_a_tag_that_is_mistyped_is_told(registry: Registry, versions: list[Version]) -> None:
    add_tag(registry, versions[0], "camera-ready")
    with pytest.raises(UnknownVersion, match="did you mean 'camera-ready'"):
        registry.resolve(f"{NAME}@camera_ready")


def test_a_tag_is_a_view_of_its_version(registry: Registry, versions: list[Version]) -> None:
    add_tag(registry, versions[0], "paper")
    query = f'SELECT value FROM "{NAME}@paper"'
    assert ask(registry.state, query)[1] == [(1.0,)]
    add_tag(registry, versions[1], "paper", move=True)
    assert ask(registry.state, query)[1] == [(2.0,)]
    tagged = ask(registry.state, "SELECT version FROM versions WHERE list_contains(tags, 'paper')")
    assert tagged[1] == [(2,)]
    remove_tag(registry, NAME, "paper")
    shown = ask(registry.state, "SELECT view_name FROM duckdb_views() WHERE view_name LIKE '%paper%'")
    assert shown[1] == []


def test_a_model_has_tags_too(registry: Registry, derivation: Derivation, tmp_path: Path) -> None:
    model = registry.record_checks(registry.commit_model("policy", tmp_path, "f" * 64, derivation), [])
    add_tag(registry, model, "paper")
    assert registry.resolve("policy@paper") == model


def test_of_people_who_take_one_tag_at_once_one_has_it(registry: Registry, versions: list[Version]) -> None:
    def take(version: Version) -> str | None:
        try:
            return add_tag(registry, version, "paper")[0].version
        except BadInput:
            return None

    with ThreadPoolExecutor(3) as people:
        taken = [version for version in people.map(take, versions) if version]
    assert taken == [str(registry.resolve(f"{NAME}@paper"))]


@pytest.mark.parametrize(
    ("word", "problem"),
    [
        ("3", "looks like a version's number"),
        ("v3", "looks like a version's number"),
        ("9a227b0b6651", "looks like a hash"),
        ("deadbeef", "looks like a hash"),
        ("DEADBEEF", "looks like a hash"),
        ("latest", "name another version tomorrow"),
        ("newest", "name another version tomorrow"),
        ("Paper", "write 'paper'"),
        ("pa per", "it has ' '"),
        ("paper@2", "it has '@'"),
        ("päper", "it has 'ä'"),
        ("paper\n", r"it has '\\n'"),
        ("", "does not begin with a letter"),
        ("2nd", "does not begin with a letter"),
        ("-paper", "does not begin with a letter"),
        ("paper-", "on both sides"),
        ("a..b", "on both sides"),
        ("a" * 41, "41 characters, and may have 40"),
    ],
)
def test_a_word_that_can_be_no_tag_is_refused(word: str, problem: str) -> None:
    with pytest.raises(BadInput, match=f"is not usable: .*{problem}"):
        usable_tag(word)


@pytest.mark.parametrize("word", ["paper", "v1.0", "camera-ready", "run_2", "ad", "facade"])
def test_a_plain_word_is_a_tag(word: str) -> None:
    assert usable_tag(word) == word
