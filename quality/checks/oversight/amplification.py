"""Checks of amplification: whole trees, votes counted once more, and labels that are worth learning."""

import math
from typing import TYPE_CHECKING

from quality.checks.check import Check
from quality.checks.rules import no_empty, no_rows, not_held_out, problem_rules

if TYPE_CHECKING:
    import duckdb

# the normal quantile of a 95 % interval
_Z = 1.96
_ROOTS = "(SELECT * FROM amplified_answers WHERE parent_id IS NULL)"
_WITH_ANSWER = "len(list_filter(votes, lambda vote: vote.answer = this.answer))"


def _gain_over_direct(connection: "duckdb.DuckDBPyConnection") -> float | None:
    """The lower end of the 95 % interval of a policy's amplified less direct accuracy, on the same problems.

    By the paired differences of groups of problems, with half a group added to each of the four cells
    (Agresti and Min 2005), so that few groups prove little.
    """
    gain, squares, num_groups = connection.execute(
        "SELECT sum(gain), sum(gain ** 2), count(*) FROM (SELECT avg(correct::INT - direct_correct::INT) AS"
        f" gain FROM {_ROOTS} WHERE correct IS NOT NULL AND direct_correct IS NOT NULL"
        " AND policy IN (SELECT policy FROM this) GROUP BY split_group)"
    ).fetchone() or (0, 0, 0)
    if not num_groups:
        return None
    # the halves cancel in the gain; one lost and one won add to its squares
    total = num_groups + 2
    spread = math.sqrt(squares + 1 - gain**2 / total) / total
    return float(gain / total - _Z * spread)


AMPLIFICATION_CHECKS: tuple[Check, ...] = (
    no_rows("amplified_answers"),
    not_held_out("amplified_answers", "problems", what="problem"),
    Check(
        "amplified_answers",
        "one_root",
        "SELECT count(*) FROM (SELECT problem_id FROM this GROUP BY problem_id"
        " HAVING count(*) FILTER (parent_id IS NULL) <> 1)",
        "trees without a root, or with several",
        at_most=0,
    ),
    Check(
        "amplified_answers",
        "parents_stand",
        "SELECT count(*) FROM this LEFT JOIN (SELECT problem_id, node_id AS parent_id, depth + 1 AS below"
        " FROM this) AS parent USING (problem_id, parent_id)"
        " WHERE parent_id IS NOT NULL AND below IS DISTINCT FROM depth",
        "questions whose parent is missing, or is not one level above",
        at_most=0,
    ),
    Check(
        "amplified_answers",
        "no_cycle",
        "WITH RECURSIVE above AS (SELECT problem_id, node_id, question, parent_id AS up FROM this"
        " UNION SELECT above.problem_id, above.node_id, above.question, parent.parent_id FROM above"
        " JOIN this AS parent ON parent.problem_id = above.problem_id AND parent.node_id = above.up)"
        " SELECT count(*) FROM above JOIN this AS parent ON parent.problem_id = above.problem_id"
        " AND parent.node_id = above.up WHERE parent.question = above.question",
        "questions that are a part of themselves",
        at_most=0,
    ),
    Check(
        "amplified_answers",
        "failure_is_no_answer",
        "SELECT count(*) FROM this WHERE (failure IS NULL) <> (answer IS NOT NULL AND completion IS NOT NULL"
        " AND least_share IS NOT NULL)",
        "answers of questions that failed, and missing ones without a reason",
        at_most=0,
    ),
    Check(
        "amplified_answers",
        "votes_recounted",
        "SELECT count(*) FROM this WHERE failure IS NULL"
        f" AND (coalesce(abs(share - {_WITH_ANSWER} / len(votes)) > 1e-9, true)"
        " OR list_max([len(list_filter(votes, lambda other: other.answer = vote.answer)) FOR vote IN votes])"
        f" > {_WITH_ANSWER})",
        "answers that are not those of most votes, or whose share is another",
        at_most=0,
    ),
    Check(
        "amplified_answers",
        "least_share_recomputed",
        "SELECT count(*) FROM this LEFT JOIN (SELECT problem_id, parent_id AS node_id, count(*) AS num,"
        " min(least_share) AS low, count(answer) AS answered FROM this GROUP BY ALL) AS below"
        " USING (problem_id, node_id) WHERE coalesce(num, 0) <> num_parts OR failure IS NULL AND"
        " (num IS DISTINCT FROM answered OR abs(least(share, coalesce(low, share)) - least_share) > 1e-9)",
        "answers that are composed of failed parts, or that hide how few votes one of these has",
        at_most=0,
    ),
    Check(
        "amplified_answers",
        "answered_share",
        "SELECT avg((answer IS NOT NULL)::INT) FROM this WHERE parent_id IS NULL",
        "decompositions that fail, or a policy that cannot answer their parts",
        at_least=0.5,
        severity="warning",
    ),
    no_rows("amplified_labels"),
    no_empty("amplified_labels", "completion", "answer"),
    *problem_rules("amplified_labels"),
    Check(
        "amplified_labels",
        "label_is_the_root",
        f"SELECT count(*) FROM this LEFT JOIN {_ROOTS} AS root USING (problem_id)"
        " WHERE root.completion IS DISTINCT FROM this.completion OR root.answer IS DISTINCT FROM this.answer"
        " OR root.failure IS NOT NULL OR root.least_share IS DISTINCT FROM this.least_share"
        " OR root.correct IS DISTINCT FROM this.agrees",
        "labels that are not the answer of their tree, or of one that failed",
        at_most=0,
        reads=("amplified_answers",),
    ),
    Check(
        "amplified_labels",
        "least_share_kept",
        "SELECT count(*) FROM this WHERE least_share <"
        " CAST(json_extract($settings::JSON, '$.min_share') AS DOUBLE)",
        "labels on whose way an answer has too few of its votes",
        at_most=0,
    ),
    Check(
        "amplified_labels",
        "gain_over_direct",
        _gain_over_direct,
        "amplified answers that are not surely better than direct ones (lower end of the paired interval)",
        at_least=1e-9,
        reads=("amplified_answers",),
    ),
    Check(
        "amplified_labels",
        "yield_share",
        f"SELECT (SELECT count(*) FROM this) / (SELECT count(*) FROM {_ROOTS})",
        "so few labels that only the easiest problems are learned",
        at_least=0.1,
        severity="warning",
        reads=("amplified_answers",),
    ),
    Check(
        "amplified_labels",
        "gold_agreement",
        "SELECT avg(agrees::INT) FROM this",
        "labels whose errors add up over their parts",
        at_least=0.5,
        severity="warning",
    ),
)
