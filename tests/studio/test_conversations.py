"""Conversations: every row type that holds one has a page, its turns apart, and filters that fit."""

import pytest
from starlette.testclient import TestClient

from datasets_registry.registry import Registry
from datasets_registry.rows.conversation import Tool, ToolCall
from datasets_registry.rows.evaluation import EvaluationItem, SuiteAnswer
from datasets_registry.rows.imported import ChatMessage, Demonstration, HumanPreference
from datasets_registry.rows.judge_benchmark import JudgeItem
from datasets_registry.rows.prompts import RedTeamPrompt
from datasets_registry.rows.row import Row, arrow_schema
from datasets_registry.rows.types import ROW_TYPES
from datasets_registry.version import Derivation, Version
from studio.pages.conversations import conversation_choices
from studio.pages.listings import listing_of
from studio.queries.rows import columns_of, rows_page
from studio.queries.search import Search
from tests.rows import make
from tests.studio.committed import committed

NOTHING = Derivation(code_version="1", settings={}, inputs=())
HOSTILE = "</div><script>alert(1)</script>"
CALL = ToolCall(id="call_1", name="get_weather", arguments='{"city": "Oslo"}')
TOOL = Tool(name="get_weather", description=HOSTILE)
WITH_TOOLS = make(
    Demonstration,
    id="with_tools",
    messages=[
        ChatMessage(role="system", content="Be brief."),
        ChatMessage(role="user", content=HOSTILE),
        ChatMessage(role="assistant", content="", reasoning="I need the weather.", tool_calls=[CALL]),
        ChatMessage(role="tool", content="-4 degrees", tool_call_id="call_1"),
        ChatMessage(role="user", content="And now?"),
    ],
    tools=[TOOL],
    completion="<think>So it is cold.</think>A coat.",
)
PLAIN = make(
    Demonstration, id="plain", messages=[ChatMessage(role="user", content="Hi.")], completion="Hello."
)


def shown(registry: Registry, version: Version, **words: str) -> list[str]:
    """The identifiers of the rows that fit."""
    choices = conversation_choices(Demonstration).within(columns_of(registry, version))
    found = rows_page(registry, version, choices.conditions(words), choices.order(words))
    return [row["id"] for row in found.rows]


def test_turns_thoughts_and_tools_stand_apart(client: TestClient, registry: Registry) -> None:
    version = committed(registry, [WITH_TOOLS, PLAIN])
    assert f'href="/conversations/{version}"' in client.get(f"/version/{version}").text
    text = client.get(f"/conversations/{version}").text
    assert text.count("<article") == 2 and "<script>alert" not in text and "</div>&lt;script" not in text
    assert "system: Be brief." in text and "1 tool offered: get_weather" in text
    assert "thought, 19 characters" in text and "So it is cold." in text and ">A coat.<" in text
    assert "calls get_weather" in text and "what the tool answers: -4 degrees" in text
    assert f'href="/row/{version}?id=plain"' in text


def test_filters_and_search_look_into_turns(registry: Registry) -> None:
    version = committed(registry, [WITH_TOOLS, PLAIN])
    expected: dict[tuple[str, str], list[str]] = {
        ("tools", "called"): ["with_tools"],
        ("tools", "none"): ["plain"],
        ("thoughts", "with"): ["with_tools"],
        ("thoughts", "without"): ["plain"],
        ("turns", "one"): ["plain"],
        ("turns", "2 to 5"): ["with_tools"],
        ("order", "turns"): ["with_tools", "plain"],
    }
    assert {each: shown(registry, version, **dict([each])) for each in expected} == expected
    searched = conversation_choices(Demonstration).within(columns_of(registry, version)).searched
    for text in ("degrees", "need the weather", "get_weather", '"city"'):
        hits = Search(registry, version, searched, text, []).hits()
        assert [row["id"] for rows in hits for row in rows] == ["with_tools"], text


def test_what_earlier_versions_lack_cannot_be_asked(registry: Registry) -> None:
    choices = conversation_choices(Demonstration)
    columns = {**columns_of(registry, committed(registry, [PLAIN])), "messages": 'STRUCT("role" VARCHAR)[]'}
    kept = choices.within(columns)
    assert {each.name for each in choices.filters} - {each.name for each in kept.filters} == {
        "tools",
        "thoughts",
    }
    assert list(kept.nested) == ["messages"]


def test_every_row_that_holds_turns_has_a_page() -> None:
    lists = {"messages", "history", "turns"}
    holding = [name for name, row in ROW_TYPES.items() if lists & {*arrow_schema(row).names}]
    lacking = [name for name in holding if listing_of(_version(name)) is None]
    assert lacking == ["review_sample"]


@pytest.mark.parametrize("row", [RedTeamPrompt, HumanPreference, EvaluationItem, SuiteAnswer, JudgeItem])
def test_all_that_a_row_type_offers_can_be_asked(
    client: TestClient, registry: Registry, row: type[Row]
) -> None:
    version = committed(registry, [make(row)])
    assert client.get(f"/conversations/{version}").text.count("<article") == 1
    choices = conversation_choices(row)
    for each in choices.filters:
        for word in each.words or ("x",):
            rows_page(registry, version, [each.condition(word)])
    for order in choices.orders.values():
        assert rows_page(registry, version, order=order).rows
    assert list(Search(registry, version, choices.searched, "", []).hits())


def test_a_word_that_cannot_be_chosen_is_a_sentence(client: TestClient, registry: Registry) -> None:
    version = committed(registry, [PLAIN])
    answer = client.get(f"/conversations/{version}", params={"tools": "other"})
    assert answer.status_code == 400 and "cannot be chosen: use one of" in answer.text


def _version(name: str) -> Version:
    return Version(
        name=name,
        number=1,
        kind="dataset",
        data_version="",
        status="passed",
        num_rows=0,
        content={"row": name},
        created_at="",
    )
