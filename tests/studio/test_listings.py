"""Every page of labelled rows: what is beside its rows, every filter and order, and text as text."""

import re

import pytest
from starlette.testclient import TestClient

from datasets_registry.registry import Registry
from datasets_registry.rows.cai import RevisionStep
from datasets_registry.rows.oversight.amplified import AmplifiedAnswer
from datasets_registry.rows.oversight.debates import Debate, Quote, Turn
from datasets_registry.rows.oversight.questions import OversightQuestion
from datasets_registry.rows.prm import StepLabels, StepRollout
from datasets_registry.rows.rft import Candidate
from datasets_registry.rows.rlaif import PreferencePair
from datasets_registry.rows.row import Row
from datasets_registry.version import Derivation
from studio.pages.listing import Listing
from studio.pages.listings import LISTINGS
from tests.methods.oversight.oversight_rows import LEAF
from tests.rows import make
from tests.studio.committed import committed

NOTHING = Derivation(code_version="1", settings={}, inputs=())
HOSTILE = "<script>alert(1)</script> 2 + 2 = 5"
TURN = Turn(
    round=1,
    side="b",
    argument=HOSTILE,
    quotes=[Quote(text=HOSTILE, verified=False)],
    num_words=9,
    truncated=True,
    flaw=None,
    num_drawn=1,
    score=None,
    completion_key=None,
)
ROWS: dict[str, Row] = {
    "pairs": make(PreferencePair, prompt=HOSTILE),
    "revisions": make(
        RevisionStep, prompt=HOSTILE, draft="old words", revision="new words", critique=HOSTILE
    ),
    "samples": make(Candidate, prompt=HOSTILE, completion=HOSTILE, accepted=False),
    "steps": make(StepLabels, prompt=HOSTILE),
    "debates": make(Debate, protocol="debate", swap=True, gold="a", credit=0.0, turns=[TURN]),
    "trees": make(AmplifiedAnswer, question=HOSTILE, completion=HOSTILE),
}
pages = pytest.mark.parametrize("listing", LISTINGS.values(), ids=lambda listing: listing.name)


@pages
def test_a_page_shows_its_rows_with_their_text_as_text(
    client: TestClient, registry: Registry, listing: Listing
) -> None:
    version = committed(registry, [ROWS[listing.name]])
    assert f"/{listing.name}/{version}" in client.get(f"/version/{version}").text
    text = client.get(f"/{listing.name}/{version}").text
    assert text.count("<article") == 1 and "&lt;script&gt;" in text and "<script>" not in text
    (row,) = re.findall(r'class="open" href="([^"]+)"', text)
    assert "Where row" in client.get(row.replace("&amp;", "&")).text


@pages
def test_every_filter_and_order_of_a_page_can_be_chosen(
    client: TestClient, registry: Registry, listing: Listing
) -> None:
    version = committed(registry, [ROWS[listing.name]])
    held = listing.row.model_fields.keys()
    words = [(each.name, word) for each in listing.choices.filters for word in each.words or ("x",)]
    for name, word in [*words, *(("order", order) for order in listing.choices.orders), ("text", "script")]:
        answer = client.get(f"/{listing.name}/{version}", params={name: word})
        assert answer.status_code == 200 and "This cannot be shown" not in answer.text, (name, word)
    needs = [each.needs for each in listing.choices.filters]
    needs += [order.needs for order in listing.choices.orders.values()]
    assert {*listing.choices.texts}.union(*needs) <= held


@pages
def test_rows_of_another_type_are_refused(client: TestClient, registry: Registry, listing: Listing) -> None:
    other = next(name for name in ROWS if name != listing.name)
    version = committed(registry, [ROWS[other]])
    answer = client.get(f"/{listing.name}/{version}")
    assert answer.status_code == 400 and f"holds no {listing.name}: look at /version/{version}" in answer.text


def test_what_a_revision_changed_is_marked(client: TestClient, registry: Registry) -> None:
    text = client.get(f"/revisions/{committed(registry, [ROWS['revisions']])}").text
    assert "<mark>old</mark> words" in text and "<mark>new</mark> words" in text


def test_a_wrong_equation_of_a_sample_is_named(client: TestClient, registry: Registry) -> None:
    text = client.get(f"/samples/{committed(registry, [ROWS['samples']])}").text
    assert "Equations that do not hold:" in text and "0 of 1 samples are accepted" in text


def test_measured_and_implied_labels_stand_apart_with_their_rollouts(
    client: TestClient, registry: Registry
) -> None:
    rollout = make(StepRollout, solution_id="s", step=1, completion="as I went on")
    rollouts = committed(registry, [rollout])
    row = make(
        StepLabels,
        solution_id="s",
        completions=["one", "two", "three"],
        labels=[True, None, None],
        implied=[None, False, None],
        soft=[0.75, None, None],
        low=[0.3, None, None],
        high=[0.95, None, None],
        num_accepted=[3, 0, 0],
        num_rollouts=[4, 0, 0],
        num_failed=[0, 0, 0],
        probed=[True, False, False],
        stops=["planned", None, None],
    )
    text = client.get(f"/steps/{committed(registry, [row], rollouts)}").text
    assert text.count(">measured<") == 1 and text.count(">implied<") == 1 and text.count(">unknown<") == 1
    assert "3 of 4" in text and "0.30 to 0.95" in text and "as I went on" in text


def test_a_debate_shows_its_question_and_which_quotes_are_forged(
    client: TestClient, registry: Registry
) -> None:
    question = make(OversightQuestion, question_id="q", prompt="Who built it?", passage="Ada built it.")
    debate = make(Debate, question_id="q", gold="a", credit=0.0, verdict="b", p_a=0.496, turns=[TURN])
    text = client.get(f"/debates/{committed(registry, [debate], committed(registry, [question]))}").text
    assert "Who built it?" in text and "Passage, which the judge" in text and "Round 1" in text
    assert '<span class="status forged">forged</span>' in text and '<span class="status wrong">' in text
    # two digits would give either answer a half
    assert "gives answer a 0.496" in text


def test_a_tree_shows_its_parts_with_their_votes_and_reasons(client: TestClient, registry: Registry) -> None:
    failed = {"answer": None, "share": None, "least_share": None, "completion": None, "failure": "no vote"}
    rows = [
        make(AmplifiedAnswer, question="7:3:9:5?", num_parts=2),
        make(AmplifiedAnswer, **LEAF | {"question": "9:5?", "place": 1, "node_id": "n3"} | failed),
        make(AmplifiedAnswer, **LEAF | {"question": "7:3?"}),
    ]
    made = registry.record_checks(registry.commit(AmplifiedAnswer, rows, NOTHING), [])
    text = client.get(f"/trees/{made}?level=problems").text
    assert text.count("<article") == 1 and text.index("<li>7:3?") < text.index("<li>9:5?")
    assert "1 of 1 vote<" in text and ">no vote<" in text and "gold is 4" in text
    # whole trees come first
    assert f'href="/trees/{made}?level=problems"' in client.get(f"/version/{made}").text
