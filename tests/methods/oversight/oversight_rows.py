"""What rows of scalable oversight say where a test does not care."""

from typing import Any

from datasets_registry.rows.oversight.questions import OversightQuestion, PassageQuestion
from datasets_registry.rows.row import Row

PASSAGE = "The harbour was built in 1820. Its first keeper was Mara Holt. She kept bees."
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
