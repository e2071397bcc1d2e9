"""Checks of passages, and of questions with two opposed answers."""

from quality.checks.check import Check
from quality.checks.rules import no_empty, no_rows, not_held_out

_PLAIN = "lower(regexp_replace(trim({}), '\\s+', ' ', 'g'))"


def _equal(first: str, second: str) -> str:
    return f"{_PLAIN.format(first)} = {_PLAIN.format(second)}"


QUESTION_CHECKS: tuple[Check, ...] = (
    no_rows("passages"),
    no_empty("passages", "prompt", "right_answer", "wrong_answer"),
    Check(
        "passages",
        "sentence_stands",
        "SELECT count(*) FROM this WHERE NOT contains(passage, sentence) OR trim(sentence) = ''",
        "questions whose sentence does not stand in their passage",
        at_most=0,
    ),
    Check(
        "passages",
        "answers_differ",
        f"SELECT count(*) FROM this WHERE {_equal('right_answer', 'wrong_answer')}",
        "questions whose two answers are the same",
        at_most=0,
    ),
    no_rows("oversight_questions"),
    no_empty("oversight_questions", "prompt", "answer_a", "answer_b"),
    not_held_out("oversight_questions", "problems", what="problem"),
    Check(
        "oversight_questions",
        "answers_oppose",
        f"SELECT count(*) FROM this WHERE {_equal('answer_a', 'answer_b')} OR coalesce(end_a = end_b, false)",
        "questions whose two answers are the same, or end the same",
        at_most=0,
    ),
    Check(
        "oversight_questions",
        "gold_is_the_sources",
        "SELECT count(*) FROM this LEFT JOIN passages USING (question_id)"
        " LEFT JOIN candidates AS solved ON solved.completion_key = if(gold = 'a', key_a, key_b)"
        " AND solved.problem_id = this.problem_id"
        " WHERE if(kind = 'passage', passages.right_answer IS DISTINCT FROM"
        " if(gold = 'a', answer_a, answer_b), NOT coalesce(solved.accepted, false))",
        "gold answers that the passage's question or the verifier does not call right",
        at_most=0,
        reads=("passages", "candidates"),
    ),
    Check(
        "oversight_questions",
        "right_first_share",
        "SELECT if(count(*) < 40, 0.5, avg((gold = 'a')::INT)) FROM this",
        "right answers that nearly always stand on one side, so that a judge with a liking for it looks able",
        at_least=0.2,
        at_most=0.8,
        severity="warning",
    ),
)
