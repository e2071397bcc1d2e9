"""What the UI shows of amplification: failures by reason, accuracy by size, and one tree as a nested list."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import dagster as dg
import duckdb

from assets.ui.charts import stands_open
from assets.ui.examples import code
from assets.ui.tables import shown_table
from datasets_registry.plain_text import plain_line

# characters of a question and of an answer in the picture of a tree
CUTS = (60, 30, 12)
_COUNTS = """
SELECT count(*) FILTER (parent_id IS NULL), count(*), avg(correct::INT), avg(direct_correct::INT) FROM this
"""
_FAILURES = "SELECT failure, count(*) FROM this WHERE failure IS NOT NULL GROUP BY ALL ORDER BY 2 DESC, 1"
_BY_SIZE = """
SELECT family, difficulty, count(*), avg(correct::INT), avg(direct_correct::INT),
       avg((answer IS NOT NULL)::INT)
FROM this WHERE parent_id IS NULL GROUP BY ALL ORDER BY ALL
"""
# a problem of the largest tree, with an answer where one has any
_TREE = """
SELECT node_id, parent_id, depth, question, answer, share, failure FROM this WHERE problem_id = (
    SELECT problem_id FROM this GROUP BY ALL
    ORDER BY count(*) FILTER (failure IS NOT NULL), count(*) DESC, problem_id LIMIT 1
) ORDER BY depth, place
"""
_LABELS = """
SELECT family, difficulty, count(*), avg(least_share), avg(agrees::INT) FROM this GROUP BY ALL ORDER BY ALL
"""


class Question(NamedTuple):
    """A question of a tree, as it is drawn."""

    node_id: str
    parent_id: str | None
    depth: int
    question: str
    answer: str | None
    share: float | None
    failure: str | None


def answers_summary(connection: "duckdb.DuckDBPyConnection") -> dict[str, Any]:
    """A tree, every reason for a failure, and accuracy by size beside direct answers."""
    problems, questions, amplified, direct = connection.execute(_COUNTS).fetchone() or (0, 0, None, None)
    headings = ("family", "difficulty", "problems", "amplified", "direct", "answered")
    figures = {"problems": problems, "questions": questions}
    figures |= {} if amplified is None else {"accuracy_amplified": amplified}
    figures |= {} if direct is None else {"accuracy_direct": direct}
    return {
        "tree": tree_picture([Question(*row) for row in connection.execute(_TREE).fetchall()]),
        "failures": shown_table(("reason", "questions"), connection.execute(_FAILURES).fetchall()),
        "by_size": shown_table(headings, connection.execute(_BY_SIZE).fetchall()),
        **figures,
    }


def labels_summary(connection: "duckdb.DuckDBPyConnection") -> dict[str, Any]:
    """Labels by size, with how sure they are and how many of them are gold."""
    rows = connection.execute(_LABELS).fetchall()
    headings = ("family", "difficulty", "labels", "mean least share", "gold")
    return {"by_size": shown_table(headings, rows), "labels": sum(row[2] for row in rows)}


def tree_picture(questions: Sequence[Question]) -> dg.MetadataValue:
    """One tree as a nested list that stands open; deep questions are left out where it would not."""
    for cut in CUTS:
        for deepest in range(max((each.depth for each in questions), default=0), -1, -1):
            text = "\n".join(_lines(questions, None, deepest, cut))
            if stands_open(text):
                return dg.MetadataValue.md(text)
    return dg.MetadataValue.md("The tree is too large to be drawn.")


def _lines(questions: Sequence[Question], parent: str | None, deepest: int, cut: int) -> Iterator[str]:
    for each in questions:
        if each.parent_id == parent and each.depth <= deepest:
            said = each.failure or "" if each.answer is None else code(plain_line(each.answer), cut)
            share = "" if each.share is None or each.answer is None else f" ({each.share:.0%} of votes)"
            yield f"{'  ' * each.depth}- {code(plain_line(each.question), cut)} → {said}{share}"
            yield from _lines(questions, each.node_id, deepest, cut)
