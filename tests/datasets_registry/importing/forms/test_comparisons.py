"""HelpSteer, PKU-SafeRLHF, MT-Bench and OASST give preferences as their sources say, and no ties."""

from pathlib import Path
from typing import Any

from datasets_registry.rows.imported import HumanPreference
from tests.datasets_registry.samples import imported, reasons, write_lines

RATINGS = {"correctness": 3, "coherence": 4, "complexity": 1, "verbosity": 1}
STEERED = {"prompt": "Why?", "response": "Because.", "helpfulness": 4} | RATINGS
STRENGTH = {"prompt": "Why?", "response_1": "Because.", "response_2": "No.", "preference_strength": -2}
CONTEXT = [{"role": "user", "content": "Why?"}]
OVERALL = {"context": CONTEXT, "response1": "No.", "response2": "Because.", "overall_preference": 1}
SAFE = {
    "prompt": "Why?",
    "response_0": "No.",
    "response_1": "Because.",
    "is_response_0_safe": True,
    "is_response_1_safe": True,
    "better_response_id": 1,
    "safer_response_id": 1,
}


def dialogue(*texts: str) -> list[dict[str, str]]:
    """Messages of user and assistant in turn."""
    return [{"role": ("user", "assistant")[place % 2], "content": text} for place, text in enumerate(texts)]


JUDGED = {
    "question_id": 81,
    "model_a": "m",
    "model_b": "n",
    "winner": "model_b",
    "judge": "expert_1",
    "conversation_a": dialogue("Why?", "No.", "Sure?", "Yes."),
    "conversation_b": dialogue("Why?", "Because.", "Sure?", "Maybe."),
    "turn": 1,
}


def node(name: str, text: str, rank: int | None = None, *replies: Any) -> dict[str, Any]:
    """A message of a tree; those with a rank are answers."""
    role = "prompter" if rank is None else "assistant"
    return {"message_id": name, "text": text, "role": role, "rank": rank, "replies": list(replies)}


def tree(*replies: Any) -> dict[str, Any]:
    """A tree that asks why."""
    return {
        "message_tree_id": "a",
        "tree_state": "ready_for_export",
        "prompt": node("a", "Why?", None, *replies),
    }


GROWN = tree(
    node("b", "No.", 1),
    node("c", "Because.", 0, node("d", "Sure?", None, node("e", "Yes.", 0), node("f", "Hm.", 2))),
)
FLAT = [
    {"message_id": "d", "parent_id": "c", "text": "Sure?", "role": "prompter", "rank": None, "lang": "en"},
    {"message_id": "a", "parent_id": None, "text": "Why?", "role": "prompter", "rank": None},
    {"message_id": "b", "parent_id": "a", "text": "No.", "role": "assistant", "rank": 1},
    {"message_id": "c", "parent_id": "a", "text": "Because.", "role": "assistant", "rank": 0},
]


def pairs(rows: Any) -> list[tuple[str, str, str]]:
    """Prompt and both answers of each preference."""
    return [(one.prompt, one.chosen, one.rejected) for one in rows if isinstance(one, HumanPreference)]


def test_helpsteer_2_compares_the_answers_to_one_prompt(tmp_path: Path) -> None:
    turned = "Hi<extra_id_1>Assistant\nHello.\n<extra_id_1>User\nWhy?".replace("Hi<", "Hi\n<")
    found = imported(
        write_lines(
            tmp_path / "h.jsonl",
            STEERED,
            STEERED | {"response": "No.", "helpfulness": 1},
            STEERED | {"prompt": turned},
            STEERED | {"prompt": turned, "response": "No.", "helpfulness": 0},
            STEERED | {"prompt": turned, "response": " "},
            STEERED | {"prompt": "Alone?"},
            STEERED | {"prompt": "Tie?"},
            STEERED | {"prompt": "Tie?", "response": "No."},
            STEERED | {"prompt": "Nought?", "helpfulness": None},
        )
    )
    first, later = (one for one in found.rows if isinstance(one, HumanPreference))
    assert pairs([first]) == [("Why?", "Because.", "No.")]
    assert (first.score_chosen, first.score_rejected) == (4.0, 1.0)
    assert [(one.role, one.content) for one in later.messages] == [
        ("user", "Hi"),
        ("assistant", "Hello."),
        ("user", "Why?"),
    ]
    assert sorted(reasons(found)) == [
        (5, "response is empty or not text"),
        (6, "fewer than two rated answers"),
        (7, "tie: all answers have the same score"),
        (9, "helpfulness is null"),
    ]
    assert found.unused() == sorted(RATINGS)


def test_the_preferences_of_helpsteer_2_and_3_go_by_their_sign(tmp_path: Path) -> None:
    two = imported(
        write_lines(
            tmp_path / "2.jsonl",
            STRENGTH,
            STRENGTH | {"preference_strength": 0},
            STRENGTH | {"preference_strength": 4},
            STRENGTH | {"response_2": None},
            STRENGTH | {"preference_strength": "strong"},
        )
    )
    three = imported(
        write_lines(
            tmp_path / "3.jsonl",
            OVERALL | {"domain": "code", "individual_preference": []},
            OVERALL | {"overall_preference": 0},
            OVERALL | {"context": []},
            OVERALL | {"overall_preference": float("nan")},
        )
    )
    assert pairs(two.rows) == pairs(three.rows) == [("Why?", "Because.", "No.")]
    assert reasons(two) == [
        (2, "tie: preference_strength is 0"),
        (3, "preference_strength is not a whole number from -3 to 3"),
        (4, "response_2 is empty or not text"),
        (5, "preference_strength 'strong' is not a number"),
    ]
    assert reasons(three) == [
        (2, "tie: overall_preference is 0"),
        (3, "the conversation is not a list of messages"),
        (4, "overall_preference is NaN or infinite"),
    ]
    assert three.unused() == ["domain", "individual_preference"]


def test_safe_rlhf_prefers_what_is_both_better_and_safer(tmp_path: Path) -> None:
    found = imported(
        write_lines(
            tmp_path / "s.jsonl",
            SAFE,
            SAFE | {"safer_response_id": 0},
            SAFE | {"better_response_id": 2},
            SAFE | {"response_0": "Because."},
            SAFE | {"prompt": ""},
        )
    )
    assert pairs(found.rows) == [("Why?", "Because.", "No.")]
    assert reasons(found) == [
        (2, "the better response is not the safer one"),
        (3, "better_response_id is neither 0 nor 1"),
        (4, "chosen and rejected are equal"),
        (5, "prompt is empty or not text"),
    ]


def test_each_judgement_of_mt_bench_is_a_row_of_its_judge(tmp_path: Path) -> None:
    found = imported(
        write_lines(
            tmp_path / "m.jsonl",
            JUDGED,
            JUDGED | {"judge": "author_2"},
            JUDGED | {"winner": "tie"},
            JUDGED | {"turn": 2},
            JUDGED | {"winner": "model_c"},
            JUDGED | {"turn": 3},
            JUDGED | {"conversation_a": None},
        )
    )
    assert pairs(found.rows) == [("Why?", "Because.", "No.")] * 2
    assert [one.source for one in found.rows if isinstance(one, HumanPreference)] == ["expert_1", "author_2"]
    assert reasons(found) == [
        (3, "tie: neither model won"),
        (4, "chosen and rejected differ before the last answer"),
        (5, "winner 'model_c' is not model_a or model_b"),
        (6, "turn is not one of the conversation's"),
        (7, "the conversation is not a list of messages"),
    ]


def test_ranked_siblings_of_a_tree_are_preferences(tmp_path: Path) -> None:
    damaged = tree(node("b", "No.", 1), node("c", "", 0, node("d", "Sure?")), node("g", "Because", 0))
    found = imported(
        write_lines(
            tmp_path / "t.jsonl",
            GROWN,
            damaged,
            tree(node("b", "No.", 1), node("c", "Because.", 1)),
            {"message_tree_id": "a", "prompt": None},
            GROWN,
        )
    )
    assert pairs(found.rows) == [
        ("Why?", "Because.", "No."),
        ("Sure?", "Yes.", "Hm."),
        ("Why?", "Because", "No."),
    ]
    assert reasons(found) == [
        (2, "text is empty or not text"),
        (2, "the message before it cannot be read"),
        (3, "tie: all answers have the same rank"),
        (4, "prompt is not a message"),
        (5, "duplicate of line 1"),
        (5, "duplicate of line 1"),
    ]
    assert found.unused() == ["message_tree_id", "tree_state"]


def test_a_flat_list_of_messages_is_the_same_trees(tmp_path: Path) -> None:
    orphan = {"message_id": "x", "parent_id": "gone", "text": "Lost", "role": "assistant", "rank": 0}
    circle = orphan | {"message_id": "y", "parent_id": "y"}
    nameless = orphan | {"message_id": None}
    found = imported(write_lines(tmp_path / "f.jsonl", *FLAT, orphan, circle, nameless))
    assert pairs(found.rows) == [("Why?", "Because.", "No.")]
    assert sorted(reasons(found)) == [
        (5, "no first message leads to it"),
        (6, "no first message leads to it"),
        (7, "message_id is not text"),
    ]
    assert found.unused() == ["lang"]
