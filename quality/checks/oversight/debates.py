"""Checks of debates, and of preferences by their verdicts."""

import json
from typing import TYPE_CHECKING

from datasets_registry.rows.words import TIE_LOGIT
from methods.judging.preference import sigmoid
from methods.oversight.quotes import stands
from quality.checks.check import Check
from quality.checks.rules import no_rows, not_held_out, source_prompt

if TYPE_CHECKING:
    import duckdb

_FLAWED = "len(list_filter(turns, lambda turn: turn.flaw IS NOT NULL)) > 0"
_CREDIT = "CASE WHEN verdict = this.gold THEN 1 WHEN verdict = 'tie' THEN 0.5 ELSE 0 END"

# how far from even a probability is a tie, less and more what a float may be off by
_BAND = sigmoid(TIE_LOGIT) - 0.5
_UNLIKELY = (
    f"verdict = 'a' AND p_a - 0.5 < {_BAND - 1e-9} OR verdict = 'b' AND 0.5 - p_a < {_BAND - 1e-9}"
    f" OR verdict = 'tie' AND abs(p_a - 0.5) > {_BAND + 1e-9}"
)


def _misjudged_quotes(connection: "duckdb.DuckDBPyConnection") -> float:
    """Quotes whose mark is not what the passage says."""
    rows = connection.execute(
        "SELECT to_json(turns), passage FROM this JOIN oversight_questions USING (question_id)"
        " WHERE num_quotes > 0"
    ).fetchall()
    marks = (
        (quote["verified"], stands(quote["text"], passage or ""))
        for turns, passage in rows
        for turn in json.loads(turns)
        for quote in turn["quotes"]
    )
    return float(sum(said != found for said, found in marks))


DEBATE_CHECKS: tuple[Check, ...] = (
    no_rows("debates"),
    Check(
        "debates",
        "both_seatings",
        "SELECT count(*) FROM (SELECT 1 FROM this GROUP BY question_id, protocol, argued"
        " HAVING count(*) <> 2)",
        "questions that are judged in one seating alone, so that a liking for it is taken for a verdict",
        at_most=0,
    ),
    Check(
        "debates",
        "void_is_no_label",
        f"SELECT count(*) FROM this WHERE {_FLAWED} AND (verdict IS NOT NULL OR failure IS NULL)"
        " OR (verdict IS NULL) <> (failure IS NOT NULL)",
        "verdicts on debates in which a side said nothing, repeated, leaked or gave up",
        at_most=0,
    ),
    Check(
        "debates",
        "verdict_recomputed",
        "SELECT count(*) FROM this LEFT JOIN oversight_questions AS question USING (question_id)"
        " WHERE question.gold IS DISTINCT FROM this.gold OR verdict IS NOT NULL AND (p_a IS NULL"
        f" OR {_UNLIKELY} OR credit IS DISTINCT FROM {_CREDIT}"
        " OR coalesce(abs(if(swap, 1 - p_a, p_a) - p_first) > 1e-9, true))",
        "verdicts that are not those of the probability, or that are credited for another answer",
        at_most=0,
        reads=("oversight_questions",),
    ),
    Check(
        "debates",
        "quotes_recomputed",
        _misjudged_quotes,
        "quotes that are called verified and do not stand in the passage, or the reverse",
        at_most=0,
        reads=("oversight_questions",),
    ),
    Check(
        "debates",
        "tokens_matched",
        "SELECT count(*) FROM this JOIN (SELECT question_id, swap, num_tokens AS most FROM this"
        " WHERE protocol = 'debate') AS debate USING (question_id, swap)"
        " WHERE protocol = 'self_consistency' AND failure IS NULL AND num_tokens < most"
        " AND num_samples < CAST(json_extract($settings::JSON, '$.max_samples') AS BIGINT)",
        "controls that had fewer tokens than the debate that they are compared with",
        at_most=0,
    ),
    Check(
        "debates",
        "judged_share",
        "SELECT avg((verdict IS NOT NULL)::INT) FROM this WHERE protocol = 'debate'",
        "debaters that cannot argue, or a judge that cannot answer",
        at_least=0.5,
        severity="warning",
    ),
    Check(
        "debates",
        "first_seat_share",
        "SELECT coalesce(avg((p_first > 0.5)::INT), 0.5) FROM this"
        " WHERE protocol = 'debate' AND kind = 'passage' AND verdict IS NOT NULL",
        "a judge that takes one seat whatever is said",
        at_least=0.2,
        at_most=0.8,
        severity="warning",
    ),
    no_rows("oversight_preferences"),
    source_prompt(
        "oversight_preferences", "oversight_questions", key="question_id", such_as="with a passage"
    ),
    not_held_out("oversight_preferences", "problems", what="problem"),
    Check(
        "oversight_preferences",
        "label_recomputed",
        "SELECT count(*) FROM this LEFT JOIN (SELECT question_id, protocol, avg(p_a) AS mean_p,"
        " count(*) AS num, count(p_a) AS known, min(verdict) AS least, max(verdict) AS most FROM debates"
        " GROUP BY ALL) AS seats USING (question_id, protocol) WHERE num IS NULL"
        " OR known = num AND (coalesce(abs(mean_p - p_a) > 1e-9, true)"
        " OR label <> if(least = most, least, 'tie'))"
        " OR known < num AND (p_a IS NOT NULL OR label NOT IN ('unjudged', 'unparsed'))",
        "labels or probabilities that do not follow from the verdicts of all seatings",
        at_most=0,
        reads=("debates",),
    ),
    Check(
        "oversight_preferences",
        "chosen_follows_label",
        "SELECT count(*) FROM this LEFT JOIN oversight_questions AS question USING (question_id) WHERE"
        " this.gold IS DISTINCT FROM question.gold"
        " OR chosen IS DISTINCT FROM CASE label WHEN 'a' THEN answer_a WHEN 'b' THEN answer_b END"
        " OR rejected IS DISTINCT FROM CASE label WHEN 'a' THEN answer_b WHEN 'b' THEN answer_a END"
        " OR agrees IS DISTINCT FROM CASE WHEN label IN ('a', 'b') THEN label = question.gold END",
        "pairs whose chosen answer is not the one that won, and labels of failed debates",
        at_most=0,
        reads=("oversight_questions",),
    ),
    Check(
        "oversight_preferences",
        "labelled_share",
        "SELECT avg((chosen IS NOT NULL)::INT) FROM this",
        "debates of which too few give a label",
        at_least=0.25,
        severity="warning",
    ),
    Check(
        "oversight_preferences",
        "gold_agreement",
        "SELECT avg(agrees::INT) FROM this",
        "labels that are wrong as often as right",
        at_least=0.5,
        severity="warning",
    ),
)
