"""Findings of data_hygiene: each kind on planted texts, none on good ones, whatever the order of rows."""

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets_registry.rows.cai import SftExample
from datasets_registry.rows.hygiene import HygieneFinding
from datasets_registry.rows.imported import HumanPreference
from datasets_registry.rows.oversight.amplified import AmplifiedLabel
from datasets_registry.rows.oversight.preferences import OversightPreference
from datasets_registry.rows.prompts import HelpfulPrompt, RedTeamPrompt
from datasets_registry.rows.rlaif import PreferencePair
from datasets_registry.rows.row import Row, to_table
from datasets_registry.state import REPOSITORY
from quality.hygiene.hygiene import hygiene
from quality.hygiene.texts import LabelDataset
from tests.quality.labelled import answers, findings_in, kinds, views
from tests.rows import make

ENGLISH = "The weather changes from day to day while the climate is what one expects over many years."
GERMAN = "Das Wetter ändert sich von Tag zu Tag, während das Klima über viele Jahre hinweg gilt."
LONG = "please tell me in a few words how it is that one of them came to be here"
PLANTED: tuple[Row, ...] = (
    make(RedTeamPrompt, "e1", split="evaluation", prompt=f"Now {LONG}."),
    make(HelpfulPrompt, "e2", split="evaluation", prompt="How are you?"),
    make(HelpfulPrompt, "t1", prompt="This is not held out"),
    *answers(ENGLISH, ENGLISH, ENGLISH.upper() + "!", GERMAN, "how are YOU", "I cannot help with that."),
    make(SftExample, "p90", prompt=f"So {LONG.title()}", completion="Call +49 30 901820 or +49 30 901821."),
)
EXPECTED = [
    ("p01/0", "completion", "exact_duplicate"),
    ("p02/0", "completion", "near_duplicate"),
    ("p03/0", "completion", "language_outlier"),
    ("p04/0", "completion", "contamination"),
    ("p05/0", "completion", "full_refusal"),
    ("p90/0", "completion", "phone"),
    ("p90/0", "prompt", "contamination"),
]


def test_each_planted_text_is_found_once() -> None:
    assert sorted(kinds(findings_in(*PLANTED))) == EXPECTED


def test_refusals_are_full_or_partial_and_say_where_phrases_are_unsure() -> None:
    rows = answers(
        "It is Paris.", "I cannot help with that.", "I can't help with the first.\n- Mix.\n- Bake."
    )
    found = [(row.row_id, row.kind, row.detail) for row in findings_in(*rows) if "refusal" in row.kind]
    assert found == [
        ("p01/0", "full_refusal", "refuses"),
        ("p02/0", "partial_refusal", "refuses a part, but phrases are unsure"),
    ]


def test_a_finding_says_what_it_matches_and_shows_no_datum() -> None:
    by_kind = {(finding.row_id, finding.kind): finding for finding in findings_in(*PLANTED)}
    near = by_kind["p02/0", "near_duplicate"]
    assert (near.matches, near.cluster, near.score) == ("p00/0", "p00/0", 1.0)
    whole = by_kind["p04/0", "contamination"]
    assert (whole.matches, whole.score) == ("helpful_prompts/e2", 1)
    assert whole.detail == "contains words of an evaluation prompt: how are you"
    part = by_kind["p90/0", "contamination"]
    assert (part.matches, part.score) == ("red_team_prompts/e1", len(LONG.split()) - 12)
    assert part.detail.endswith(": a few words how it is that one of them came to be")
    assert by_kind["p90/0", "phone"].detail == "+•• •• •••••• at character 6, and 1 more"
    assert by_kind["p03/0", "language_outlier"].detail == "de, while most are en"


def test_twelve_words_in_a_row_are_no_contamination() -> None:
    held = make(RedTeamPrompt, split="evaluation", prompt=LONG)
    shared = " ".join(LONG.split()[:12])
    assert findings_in(held, *answers(f"{shared} otherwise"), make(SftExample, prompt=f"so {shared}")) == []


def test_nothing_is_found_in_nothing() -> None:
    assert findings_in() == []


@settings(max_examples=10)
@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(turn: random.Random) -> None:
    rows = list(PLANTED)
    turn.shuffle(rows)
    assert findings_in(*rows) == findings_in(*PLANTED)


def pair(name: str, prompt_id: str, chosen: str | None) -> PreferencePair:
    """A pair about a prompt that other pairs may share."""
    label = "tie" if chosen is None else "a"
    return make(
        PreferencePair,
        name,
        pair_id=name,
        prompt_id=prompt_id,
        prompt=f"ask {prompt_id}",
        chosen=chosen,
        rejected=None if chosen is None else f"no {name}",
        label=label,
    )


def test_pairs_of_one_prompt_do_not_repeat_it_and_their_answers_may() -> None:
    rows = [pair("a", "p", "same"), pair("b", "p", "same"), pair("c", "p", None), pair("d", "p", None)]
    assert kinds(findings_in(*rows)) == [("b", "chosen", "exact_duplicate")]


def test_two_policies_that_solve_one_problem_do_not_repeat_it() -> None:
    def verdict(name: str, problem: str | None) -> OversightPreference:
        chosen, rejected = f"yes {name}", f"no {name}"
        return make(OversightPreference, name, problem_id=problem, chosen=chosen, rejected=rejected)

    assert findings_in(verdict("a", "p"), verdict("b", "p")) == []
    both = findings_in(verdict("a", None), verdict("b", None))
    assert kinds(both) == [("pair b", "prompt", "exact_duplicate")]


def test_many_problems_may_have_one_answer() -> None:
    labels = [make(AmplifiedLabel, name, prompt=f"{name}:9?", completion="A:9") for name in "1234"]
    assert findings_in(*labels) == []
    asked_again = make(AmplifiedLabel, "5", prompt="1:9?", completion="A:9")
    assert [kind for *_, kind in kinds(findings_in(*labels, asked_again))] == ["exact_duplicate"]


def test_a_phrase_of_many_rows_is_boilerplate_unless_their_prompts_have_it() -> None:
    phrase = "I am always here for you"
    rows = answers(*(f"{phrase} number{place}" if place < 6 else f"fine {place}" for place in range(20)))
    boilerplate = [finding for finding in findings_in(*rows) if finding.kind == "boilerplate"]
    assert [finding.row_id for finding in boilerplate] == [f"p{place:02}/0" for place in range(6)]
    assert {(finding.detail, finding.score) for finding in boilerplate} == {
        ("in 6 rows: am always here for you", 0.3)
    }
    quoting = [row.model_copy(update={"prompt": f"Say: {phrase}, {row.prompt_id}"}) for row in rows[:2]]
    assert not [finding for finding in findings_in(*quoting, *rows[2:]) if finding.kind == "boilerplate"]


@pytest.mark.parametrize(("length", "z"), [(4_000, 34.7), (1, -21.2)])
def test_a_text_far_from_the_usual_length_is_an_outlier(length: int, z: float) -> None:
    texts = [chr(97 + place) * (20 + place % 4) for place in range(12)]
    (finding,) = findings_in(*answers(*texts, "z" * length))
    assert (finding.row_id, finding.kind) == ("p12/0", "length_outlier")
    assert finding.score == pytest.approx(z, abs=1) and finding.detail.startswith(f"{length} characters; the")


def test_few_texts_have_no_usual_length() -> None:
    assert findings_in(*answers("a", "b" * 900)) == []


def test_the_query_of_the_page_counts_the_copies_of_an_answer() -> None:
    page = (REPOSITORY / "docs" / "methods" / "hygiene.md").read_text(encoding="utf-8")
    (query,) = re.findall(r"^```sql\n(.*?)^```$", page, flags=re.MULTILINE | re.DOTALL)
    rows = [pair(name, name, "same" if name < "d" else name * 9) for name in "cbade"]
    with views(*rows) as connection:
        findings = to_table(HygieneFinding, hygiene(connection))
        connection.register("data_hygiene", findings)
        assert connection.execute(query).fetchall() == [("a", 3, "same")]


def test_another_label_dataset_needs_only_an_entry() -> None:
    human = LabelDataset(HumanPreference, ("chosen", "rejected"), siblings=None)
    rows = [make(HumanPreference, name, prompt="How so?", rejected=f"no {name}") for name in "ab"]
    with views() as connection:
        connection.register("human_preferences", to_table(HumanPreference, rows))
        findings = hygiene(connection, (human,))
    assert [(finding.label_dataset, *kinds([finding])[0]) for finding in findings] == [
        ("human_preferences", "pair b", "chosen", "exact_duplicate"),
        ("human_preferences", "pair b", "prompt", "exact_duplicate"),
    ]
