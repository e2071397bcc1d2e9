"""What rows of scalable oversight say where a test does not care."""

from typing import Any

from datasets_registry.rows.oversight.amplified import AmplifiedAnswer, AmplifiedLabel, Vote
from datasets_registry.rows.oversight.debates import Debate, Quote, Turn
from datasets_registry.rows.oversight.preferences import OversightPreference
from datasets_registry.rows.oversight.questions import OversightQuestion, PassageQuestion
from datasets_registry.rows.oversight.report import OversightFigure
from datasets_registry.rows.row import Row

PASSAGE = "The harbour was built in 1820. Its first keeper was Mara Holt. She kept bees."
ARGUMENT = "It is named: <quote>Its first keeper was Mara Holt.</quote>"


def turn(**fields: Any) -> Turn:
    """A sound turn of side a."""
    sound = {
        "round": 1,
        "side": "a",
        "argument": ARGUMENT,
        "quotes": [Quote(text="Its first keeper was Mara Holt.", verified=True)],
        "num_words": 9,
        "truncated": False,
        "flaw": None,
        "num_drawn": 1,
        "score": None,
        "completion_key": "k",
    }
    return Turn.model_validate(sound | fields)


OVERSIGHT: dict[type[Row], dict[str, Any]] = {
    PassageQuestion: {
        "question_id": "q1",
        "passage": PASSAGE,
        "prompt": "Who was the first keeper?",
        "right_answer": "Mara Holt",
        "wrong_answer": "Jon Pike",
        "sentence": "Its first keeper was Mara Holt.",
        "source": "test",
        "licence": "Apache-2.0",
    },
    OversightQuestion: {
        "question_id": "q1",
        "kind": "passage",
        "prompt": "Who was the first keeper?",
        "passage": PASSAGE,
        "sentence": "Its first keeper was Mara Holt.",
        "answer_a": "Mara Holt",
        "answer_b": "Jon Pike",
        "end_a": None,
        "end_b": None,
        "gold": "a",
        "problem_id": None,
        "policy": None,
        "num_tokens": None,
        "key_a": None,
        "key_b": None,
    },
    Debate: {
        "question_id": "q1",
        "protocol": "debate",
        "argued": "both",
        "swap": False,
        "kind": "passage",
        "debater": "sft_policy",
        "judge": "base_policy",
        "turns": [turn()],
        "p_a": 0.9,
        "p_first": 0.9,
        "verdict": "a",
        "gold": "a",
        "credit": 1.0,
        "failure": None,
        "num_samples": 1,
        "num_quotes": 1,
        "num_unverified": 0,
        "num_tokens": 20,
        "num_debater_tokens": 12,
        "num_read": 100,
        "judge_keys": ["k"],
    },
    AmplifiedAnswer: {
        "node_id": "n1",
        "parent_id": None,
        "depth": 0,
        "place": 0,
        "question": "p1",
        "num_parts": 0,
        "asked": "4:2?",
        "policy": "lab_policy",
        "votes": [Vote(answer="4", failure=None, completion_key="k")],
        "answer": "4",
        "share": 1.0,
        "least_share": 1.0,
        "completion": "A:4",
        "completion_key": "k",
        "num_tokens": 3,
        "failure": None,
        "decomposition_key": None,
        "gold": "4",
        "correct": True,
        "direct_votes": [],
        "direct_answer": "2",
        "direct_correct": False,
        "family": "symbol_larger",
        "difficulty": 4,
    },
    AmplifiedLabel: {
        "completion": "A:4",
        "answer": "4",
        "least_share": 1.0,
        "depth": 1,
        "num_questions": 3,
        "agrees": True,
        "policy": "lab_policy",
        "family": "symbol_larger",
        "difficulty": 4,
        "completion_key": "k",
    },
    OversightFigure: {
        "figure": "accuracy",
        "kind": "passage",
        "role": "judge",
        "of": "base_policy",
        "part": "debate",
        "value": 1.0,
        "low": 0.2,
        "high": 1.0,
        "num_items": 1,
        "num_groups": 1,
        "num_missing": 0,
        "at_least": None,
        "at_most": None,
        "flagged": False,
        "says": "",
    },
    OversightPreference: {
        "question_id": "q1",
        "problem_id": None,
        "prompt": "Who was the first keeper?",
        "kind": "passage",
        "protocol": "debate",
        "judge": "base_policy",
        "p_a": 0.8,
        "seats_agree": True,
        "num_unverified": 0,
        "gold": "a",
        "agrees": True,
        "label": "a",
        "failure": None,
        "chosen": "Mara Holt",
        "rejected": "Jon Pike",
    },
}
# a question that is split, and its only part
SPLIT: dict[str, Any] = {"num_parts": 1}
LEAF: dict[str, Any] = {
    "node_id": "n2",
    "parent_id": "n1",
    "depth": 1,
    "question": "4:2?",
    "gold": None,
    "correct": None,
    "direct_answer": None,
    "direct_correct": None,
}
# the same debate with seats changed, and the judge's own replies at as many tokens
SWAPPED: dict[str, Any] = {"swap": True, "p_a": 0.7, "p_first": 0.3}
OWN: dict[str, Any] = {
    "protocol": "self_consistency",
    "argued": "none",
    "debater": None,
    "turns": [],
    "num_samples": 3,
    "num_quotes": 0,
    "num_debater_tokens": 0,
}
# two worked solutions that part in their second line
CHAINS: dict[str, Any] = {
    "question_id": "c1",
    "kind": "chains",
    "prompt": "1+1+2?",
    "passage": None,
    "sentence": None,
    "answer_a": "1+1=2\n2+2=4\nA:4",
    "answer_b": "1+1=2\n2+2=5\nA:5",
    "end_a": "4",
    "end_b": "5",
    "problem_id": "p1",
    "policy": "lab_policy",
    "num_tokens": 20,
    "key_a": "k",
    "key_b": "w",
}
