"""Checks of AI feedback: completion pairs, judgements, and the preference labels made of them."""

from datasets_registry.rows.prompts import PROMPT_SETS
from datasets_registry.rows.words import RULE_JUDGE
from quality.checks.check import Check
from quality.checks.rules import blank, no_empty, no_rows, not_held_out, source_prompt
from quality.judges.ballots import BALLOTS, CROSSED, slots
from quality.judges.conflicts import CONFLICTING_SHARE

_SETTING = "json_extract_string($settings, '$.{}')::DOUBLE"
# the version's label settings, applied again to the stored verdicts
_EXPECTED = f"""
    WITH ballots AS ({BALLOTS}), limits AS (
        SELECT coalesce({_SETTING.format("clamp[0]")}, 0) AS low,
               coalesce({_SETTING.format("clamp[1]")}, 1) AS high, {_SETTING.format("tie_logit")} AS tie
    ), weights AS (
        SELECT kind, signal,
               json_extract_string($settings, '$.weights.' || kind || '.' || signal)::DOUBLE AS weight
        FROM (VALUES ('red_team'), ('helpful')) AS kinds(kind),
             unnest(json_keys($settings, '$.weights.' || kind)) AS signals(signal)
    ), decided AS (
        -- where a principle's rule decides, a judge that was asked about it is only measured
        SELECT *, greatest(least(1 / (1 + exp(-logit_ab)), high), low) AS p_ab,
               greatest(least(1 / (1 + exp(-logit_ba)), high), low) AS p_ba,
               coalesce(json_extract_string($settings, '$.principle_weights.' || principle_id)::DOUBLE, 1)
                   AS part
        FROM ballots, limits
        QUALIFY judge = '{RULE_JUDGE}'
             OR NOT bool_or(judge = '{RULE_JUDGE}') OVER (PARTITION BY pair_id, principle_id)
    ), signals AS (
        SELECT pair_id, signal, sum(part * p_ab) / sum(part) AS p_ab, sum(part * p_ba) / sum(part) AS p_ba
        FROM decided WHERE whole GROUP BY pair_id, signal
    ), combined AS (
        SELECT p.pair_id, bool_and(s.pair_id IS NOT NULL) AS parsed,
               sum(weight * p_ab) / sum(weight) AS p_ab, sum(weight * p_ba) / sum(weight) AS p_ba
        FROM completion_pairs p JOIN weights w ON w.kind = p.kind AND weight > 0
        LEFT JOIN signals s ON s.pair_id = p.pair_id AND s.signal = w.signal GROUP BY p.pair_id
    ), expected AS (
        SELECT p.pair_id, completion_a, completion_b, (p_ab + p_ba) / 2 AS p_a, CASE
            WHEN p.pair_id NOT IN (SELECT pair_id FROM ballots) THEN 'unjudged'
            WHEN NOT coalesce(parsed, false) THEN 'unparsed'
            WHEN least(ln(p_ab / (1 - p_ab)), ln(p_ba / (1 - p_ba))) > tie THEN 'a'
            WHEN greatest(ln(p_ab / (1 - p_ab)), ln(p_ba / (1 - p_ba))) < -tie THEN 'b'
            ELSE 'tie' END AS label
        FROM completion_pairs p LEFT JOIN combined USING (pair_id), limits
    )
"""
_LABELLED = "FROM this WHERE label IN ('a', 'b')"


PAIR_CHECKS: tuple[Check, ...] = (
    no_rows("completion_pairs"),
    Check(
        "completion_pairs",
        "no_empty_text",
        f"SELECT count(*) FROM this WHERE {blank('prompt')}"
        f" OR (failure IS NULL AND ({blank('completion_a')} OR {blank('completion_b')}))",
        "usable pairs with an empty prompt or completion",
        at_most=0,
    ),
    source_prompt("completion_pairs", *PROMPT_SETS),
    not_held_out("completion_pairs"),
    Check(
        "completion_pairs",
        "usable_share",
        "SELECT avg((failure IS NULL)::INT) FROM this",
        "so many truncated, empty or identical samples that few pairs can be judged",
        at_least=0.5,
        severity="warning",
    ),
)

JUDGEMENT_CHECKS: tuple[Check, ...] = (
    no_rows("ai_judgements"),
    Check(
        "ai_judgements",
        "parse_rate",
        "SELECT avg((verdict IS NOT NULL)::INT) FROM this",
        "a judge that does not answer the question",
        at_least=0.9,
    ),
    Check(
        "ai_judgements",
        "both_orders",
        "SELECT count(*) FROM (SELECT pair_id, principle_id, judge FROM this GROUP BY ALL"
        f" HAVING count(*) FILTER ({CROSSED}) <> 2)",
        "pairs that were not judged in both orders",
        at_most=0,
    ),
    Check(
        "ai_judgements",
        "verdict_follows_probability",
        "SELECT count(*) FROM this WHERE verdict IS NOT NULL AND verdict IS DISTINCT FROM"
        " CASE WHEN p_first > 0.5 THEN 'first' WHEN p_first < 0.5 THEN 'second'"
        " WHEN p_first = 0.5 THEN 'even' END",
        "verdicts that contradict their probabilities",
        at_most=0,
    ),
    Check(
        "ai_judgements",
        "failure_has_no_verdict",
        "SELECT count(*) FROM this WHERE (failure IS NULL) <> (verdict IS NOT NULL)",
        "verdicts guessed after a failure, or missing ones without a reason",
        at_most=0,
    ),
    Check(
        "ai_judgements",
        "first_position_share",
        f"SELECT avg((verdict = 'first')::INT) FROM this WHERE verdict IS NOT NULL AND {CROSSED}",
        "a judge that prefers one position",
        at_least=0.25,
        at_most=0.75,
        severity="warning",
    ),
    Check(
        "ai_judgements",
        "slot_kept_share",
        f"SELECT avg((ab = ba)::INT) FROM ({slots('this')})",
        "a judge that keeps naming the same slot when the responses are swapped",
        at_most=0.25,
        severity="warning",
    ),
    Check(
        "ai_judgements",
        "principle_balance",
        "SELECT max(most) FROM (SELECT max(num) / avg(num) AS most FROM"
        " (SELECT signal, principle_id, count(DISTINCT pair_id) AS num FROM this GROUP BY ALL)"
        " GROUP BY signal)",
        "one principle that decides far more pairs than the others of its signal",
        at_most=4,
        severity="warning",
    ),
)

LABEL_CHECKS: tuple[Check, ...] = (
    no_rows("preference_pairs"),
    no_empty("preference_pairs", "prompt", "chosen", "rejected"),
    source_prompt("preference_pairs", "completion_pairs"),
    not_held_out("preference_pairs"),
    Check(
        "preference_pairs",
        "chosen_differs",
        "SELECT count(*) FROM this WHERE chosen = rejected",
        "pairs whose chosen and rejected are the same",
        at_most=0,
    ),
    Check(
        "preference_pairs",
        "label_recomputed",
        f"""
        {_EXPECTED}
        SELECT count(*) FROM expected e FULL JOIN this t USING (pair_id)
        WHERE e.label IS DISTINCT FROM t.label
           OR e.label IN ('a', 'b', 'tie') AND NOT coalesce(abs(e.p_a - t.p_a) < 1e-9, false)
           OR t.chosen IS DISTINCT FROM
              CASE e.label WHEN 'a' THEN completion_a WHEN 'b' THEN completion_b END
           OR t.rejected IS DISTINCT FROM
              CASE e.label WHEN 'a' THEN completion_b WHEN 'b' THEN completion_a END
        """,
        "labels that do not follow from the stored verdicts, orders and settings",
        at_most=0,
        reads=("completion_pairs", "ai_judgements"),
    ),
    Check(
        "preference_pairs",
        "no_truncated_chosen",
        "SELECT count(*) FROM this JOIN completion_pairs p USING (pair_id)"
        " WHERE this.label = 'a' AND p.finish_reason_a <> 'stop'"
        " OR this.label = 'b' AND p.finish_reason_b <> 'stop'",
        "chosen completions that were cut off",
        at_most=0,
        reads=("completion_pairs",),
    ),
    Check(
        "preference_pairs",
        "slot_balance",
        f"SELECT coalesce(abs(2 * count(*) FILTER (label = 'a') - count(*)) / sqrt(count(*)), 0) {_LABELLED}",
        "labels that favour one slot more than chance would once in 10,000 runs (a z-score)",
        at_most=3.89,
    ),
    Check(
        "preference_pairs",
        "labelled_share",
        "SELECT avg((label IN ('a', 'b'))::INT) FROM this",
        "so many ties and unparsed pairs that little is left to train on",
        at_least=0.1,
        severity="warning",
    ),
    Check(
        "preference_pairs",
        "tie_share",
        "SELECT avg((label = 'tie')::INT) FROM this WHERE label IN ('a', 'b', 'tie')",
        "a judge whose two orders disagree more often than not",
        at_most=0.5,
        severity="warning",
    ),
    Check(
        "preference_pairs",
        "unparsed_share",
        "SELECT avg((label = 'unparsed')::INT) FROM this WHERE label <> 'unjudged'",
        "pairs without a label because their verdicts failed",
        at_most=0.1,
        severity="warning",
    ),
    Check(
        "preference_pairs",
        "longer_chosen_share",
        f"SELECT coalesce(avg((length(chosen) > length(rejected))::INT), 0.5) {_LABELLED}"
        " AND length(chosen) <> length(rejected)",
        "labels that follow length",
        at_least=0.3,
        at_most=0.7,
        severity="warning",
    ),
    Check(
        "preference_pairs",
        "mean_margin",
        "SELECT avg(abs(p_a - 0.5)) FROM this WHERE p_a IS NOT NULL",
        "an overconfident judge, whose soft labels are nearly hard",
        at_most=0.45,
        severity="warning",
    ),
    Check(
        "preference_pairs",
        "conflicting_share",
        f"SELECT {CONFLICTING_SHARE} FROM this",
        "signals that prefer different completions: what one of them teaches takes back what the other does",
        at_most=0.5,
        severity="warning",
    ),
    Check(
        "preference_pairs",
        "judges_disagree",
        "SELECT coalesce(avg(judges_disagree::INT), 0) FROM this",
        "judges that prefer different completions",
        at_most=0.3,
        severity="warning",
    ),
)

RLAIF_CHECKS: tuple[Check, ...] = (*PAIR_CHECKS, *JUDGEMENT_CHECKS, *LABEL_CHECKS)
