"""The page that compares two versions says what the command says: rows, flips, and why."""

from starlette.testclient import TestClient

from datasets_registry.inspecting.difference import difference
from datasets_registry.registry import Registry
from datasets_registry.rows.rlaif import PreferencePair
from datasets_registry.version import Derivation
from tests.rows import make
from tests.studio.conftest import TOKEN, visitor
from tests.traced import Traced


def browser(traced: Traced) -> TestClient:
    """A browser over the history."""
    client = visitor(traced.registry.state)
    client.get("/", params={"token": TOKEN})
    return client


def test_flips_and_their_reasons_are_those_of_the_command(traced: Traced) -> None:
    before, after = (traced.registry.version("preference_pairs", number) for number in (3, 4))
    expected = difference(traced.registry, before, after, 20)
    text = browser(traced).get(f"/compare/{after}", params={"with": str(before)}).text
    assert expected.flips and f"Why {expected.flips.flips} rows flipped" in text
    assert f"{expected.rows.changed} changed and {expected.rows.same} are the same" in text
    assert text.count("<article") == len(expected.sample) > 0
    assert f'href="/compare/{after.name}@4' not in text and 'href="/compare/ai_judgements@4' in text


def test_a_version_is_compared_with_the_one_before_it(traced: Traced) -> None:
    client = browser(traced)
    assert (
        "<h1>preference_pairs@2 → preference_pairs@3</h1>" in client.get("/compare/preference_pairs@3").text
    )
    assert "It is the first version" in client.get("/compare/preference_pairs@1").text
    assert 'href="/compare/preference_pairs@3"' in client.get("/version/preference_pairs@3").text


def test_versions_that_cannot_be_compared_are_a_sentence(traced: Traced) -> None:
    client = browser(traced)
    answer = client.get("/compare/preference_pairs@3", params={"with": "ai_judgements@1"})
    assert answer.status_code == 400 and "have different keys" in answer.text
    assert "is a model" in client.get("/compare/dpo_policy", params={"with": "dpo_policy"}).text


def test_rows_that_came_and_went_are_named_at_their_version(registry: Registry) -> None:
    how = Derivation(code_version="1", settings={}, inputs=())
    for names in (("gone", "kept"), ("kept", "new", "newer")):
        rows = [make(PreferencePair, name) for name in names]
        registry.record_checks(registry.commit(PreferencePair, rows, how), [])
    client = visitor(registry.state)
    client.get("/", params={"token": TOKEN})
    text = client.get("/compare/preference_pairs@2").text
    came, went = text.split("Rows that went")
    assert "/row/preference_pairs@1?id=pair+gone" in went and "/row/preference_pairs@2?id=pair+new" in came
