"""Checks of process rewards: solutions in steps, rollouts of their prefixes, and the labels of steps."""

from quality.checks.check import Check
from quality.checks.rules import blank, no_empty, no_rows, not_held_out

# one row per step, counted from 1, of each solution that did not fail
STEPS = "(SELECT *, unnest(range(1, len(completions) + 1)) AS step FROM this WHERE failure IS NULL)"

_THRESHOLD = "json_extract_string($settings, '$.threshold')::DOUBLE"
# the label of each step, measured or else implied
_LABELLED = f"(SELECT *, coalesce(labels[step], implied[step]) AS label FROM {STEPS})"
_LISTS = (
    "labels",
    "implied",
    "soft",
    "low",
    "high",
    "num_accepted",
    "num_rollouts",
    "num_failed",
    "probed",
    "stops",
)
_MEASURED = ("labels", "soft", "low", "high", "stops")

SOLUTION_CHECKS: tuple[Check, ...] = (
    no_rows("solutions"),
    no_empty("solutions", "prompt", "answer"),
    not_held_out("solutions", "problems", what="problem"),
    Check(
        "solutions",
        "steps_give_completion",
        "SELECT count(*) FROM this WHERE failure IS NULL"
        " AND list_reduce(completions, lambda text, part: text || separator || part, '')"
        " IS DISTINCT FROM separator || completion",
        "solutions whose joined steps differ from their text, so that prefixes are not theirs",
        at_most=0,
    ),
    Check(
        "solutions",
        "no_blank_step",
        f"SELECT count(*) FROM this WHERE failure IS NULL AND (len(completions) = 0"
        f" OR len(list_filter(completions, lambda part: {blank('part')})) > 0)",
        "solutions with no steps or blank ones, whose labels would mean nothing",
        at_most=0,
    ),
    Check(
        "solutions",
        "merged_step_share",
        r"SELECT coalesce(avg((len(regexp_extract_all(completions[step], '=\s*[-$]?\d')) > 1)::INT), 0)"
        f" FROM {STEPS}",
        "a splitter that leaves two equations in one step, so that no label tells which is wrong",
        at_most=0.1,
        severity="warning",
    ),
    Check(
        "solutions",
        "truncated_has_failure",
        "SELECT count(*) FROM this WHERE failure IS NULL AND (finish_reason <> 'stop' OR accepted IS NULL)",
        "solutions that were cut off or failed, yet would be labelled",
        at_most=0,
    ),
    Check(
        "solutions",
        "failed_share",
        "SELECT avg((failure IS NOT NULL)::INT) FROM this",
        "a policy or splitter that leaves little to label",
        at_most=0.5,
        severity="warning",
    ),
)

ROLLOUT_CHECKS: tuple[Check, ...] = (
    no_rows("step_rollouts"),
    Check(
        "step_rollouts",
        "verdict_unless_error",
        "SELECT count(*) FROM this WHERE (accepted IS NULL) <> (finish_reason = 'error')",
        "failed rollouts that have a verdict, or finished ones that lack it",
        at_most=0,
    ),
    Check(
        "step_rollouts",
        "no_truncated_accepted",
        "SELECT count(*) FROM this WHERE accepted AND finish_reason = 'length'",
        "truncated rollouts that count as correct",
        at_most=0,
    ),
    Check(
        "step_rollouts",
        "samples_follow",
        "SELECT count(*) FROM (SELECT 1 FROM this GROUP BY solution_id, step"
        " HAVING min(sample) <> 0 OR max(sample) + 1 <> count(*))",
        "prefixes with missing rollouts, so that shares are of the remaining ones",
        at_most=0,
    ),
    Check(
        "step_rollouts",
        "steps_of_solutions",
        "SELECT count(*) FROM this LEFT JOIN solutions s USING (solution_id)"
        " WHERE s.failure IS NOT NULL OR NOT coalesce(step BETWEEN 1 AND len(s.completions) - 1, false)",
        "rollouts from a step that their solution does not have, or from its last one",
        at_most=0,
        reads=("solutions",),
    ),
    Check(
        "step_rollouts",
        "accepted_share",
        "SELECT avg(accepted::INT) FROM this",
        "a verifier or completer that gives nearly every prefix the same value",
        at_least=0.02,
        at_most=0.98,
        severity="warning",
    ),
    Check(
        "step_rollouts",
        "parse_rate",
        "SELECT avg((extracted IS NOT NULL)::INT) FROM this WHERE finish_reason <> 'error'",
        "completers that mostly end without an answer, which makes correct steps look wrong",
        at_least=0.5,
        severity="warning",
    ),
    Check(
        "step_rollouts",
        "truncated_share",
        "SELECT avg((finish_reason = 'length')::INT) FROM this",
        "a token limit that makes correct steps look wrong",
        at_most=0.1,
        severity="warning",
    ),
    Check(
        "step_rollouts",
        "failed_share",
        "SELECT avg((finish_reason = 'error')::INT) FROM this",
        "a backend that fails so often that few rollouts measure a step",
        at_most=0.1,
        severity="warning",
    ),
)


LABEL_CHECKS: tuple[Check, ...] = (
    no_rows("step_labels"),
    not_held_out("step_labels", "problems", what="problem"),
    Check(
        "step_labels",
        "lists_agree",
        "SELECT count(*) FROM this WHERE "
        + " OR ".join(f"len({column}) <> len(completions)" for column in _LISTS),
        "lists whose length is not the number of steps, so that labels are misplaced",
        at_most=0,
    ),
    Check(
        "step_labels",
        "unprobed_is_null",
        f"SELECT count(*) FROM {STEPS} WHERE probed[step] <> (num_rollouts[step] > 0) OR "
        + " OR ".join(f"({column}[step] IS NOT NULL) <> probed[step]" for column in _MEASURED)
        + " OR probed[step] AND implied[step] IS NOT NULL",
        "steps that were not measured but have a label or share, or the reverse",
        at_most=0,
    ),
    Check(
        "step_labels",
        "label_recomputed",
        f"SELECT count(*) FROM {STEPS} WHERE probed[step]"
        " AND (soft[step] IS DISTINCT FROM num_accepted[step] / num_rollouts[step]"
        f" OR labels[step] IS DISTINCT FROM (soft[step] > {_THRESHOLD}))",
        "labels that do not follow from the counts and the threshold",
        at_most=0,
    ),
    Check(
        "step_labels",
        "interval_holds_share",
        f"SELECT count(*) FROM {STEPS} WHERE soft[step] NOT BETWEEN low[step] AND high[step]"
        " OR low[step] < 0 OR high[step] > 1",
        "intervals that do not contain their share",
        at_most=0,
    ),
    Check(
        "step_labels",
        "counts_recomputed",
        "WITH counted AS (SELECT solution_id, step, count(*) FILTER (accepted) AS good,"
        " count(accepted) AS ended, count(*) FILTER (accepted IS NULL) AS failed"
        " FROM step_rollouts GROUP BY ALL)"
        f" SELECT count(*) FROM (SELECT * FROM {STEPS} WHERE step < len(completions)) l"
        " FULL JOIN counted c USING (solution_id, step)"
        " WHERE l.num_accepted[step] IS DISTINCT FROM coalesce(c.good, 0)"
        " OR l.num_rollouts[step] IS DISTINCT FROM coalesce(c.ended, 0)"
        " OR l.num_failed[step] IS DISTINCT FROM coalesce(c.failed, 0)",
        "counts that differ from the stored rollouts",
        at_most=0,
        reads=("step_rollouts",),
    ),
    Check(
        "step_labels",
        "last_step_is_outcome",
        "SELECT count(*) FROM this WHERE failure IS NULL"
        " AND (labels[-1] IS DISTINCT FROM accepted OR stops[-1] IS DISTINCT FROM 'outcome')",
        "last steps whose label differs from the verdict on the whole solution",
        at_most=0,
    ),
    Check(
        "step_labels",
        "first_error_follows",
        "SELECT count(*) FROM (SELECT first_error, min(step) FILTER (label IS DISTINCT FROM true) AS first,"
        f" min_by(label, step) FILTER (label IS DISTINCT FROM true) AS at_first FROM {_LABELLED}"
        " GROUP BY solution_id, first_error)"
        " WHERE first_error IS DISTINCT FROM CASE WHEN first IS NULL THEN 0 WHEN NOT at_first THEN first END",
        "first errors that do not follow from the labels",
        at_most=0,
    ),
    Check(
        "step_labels",
        "decided_share",
        "SELECT avg((first_error IS NOT NULL)::INT) FROM this WHERE failure IS NULL",
        "solutions with too few finished rollouts to tell the first error",
        at_least=0.9,
        severity="warning",
    ),
    Check(
        "step_labels",
        "right_after_wrong_share",
        "SELECT coalesce(avg((list_position(labels, false) < len(labels) + 1"
        " - list_position(list_reverse(labels), true))::INT), 0)"
        " FROM this WHERE len(list_filter(probed, lambda was: was)) > 1",
        "correct steps after wrong ones, so often that labels are noise and no search is safe",
        at_most=0.15,
        severity="warning",
    ),
    Check(
        "step_labels",
        "distinct_labels",
        f"SELECT count(DISTINCT label) FROM {_LABELLED}",
        "labels that are all the same",
        at_least=2,
        severity="warning",
    ),
    Check(
        "step_labels",
        "right_share",
        f"SELECT avg(label::INT) FROM {_LABELLED}",
        "correct and wrong steps so unbalanced that a model learns their shares alone",
        at_least=0.5,
        at_most=0.9,
        severity="warning",
    ),
    Check(
        "step_labels",
        "right_share_by_step",
        "SELECT coalesce(min(share), 1) FROM (SELECT avg(label::INT) AS share"
        f" FROM {_LABELLED} GROUP BY step HAVING count(label) >= 20)",
        "a position at which hardly any step is correct, so that a model learns the position",
        at_least=0.05,
        severity="warning",
    ),
    Check(
        "step_labels",
        "confirmed_share",
        "SELECT coalesce(avg(confirmed::INT), 1) FROM this",
        "first errors that fresh rollouts do not reproduce",
        at_least=0.8,
        severity="warning",
    ),
    Check(
        "step_labels",
        "consensus_share",
        "SELECT coalesce(avg(consensus::INT), 1) FROM this",
        "a judge and rollouts that mostly disagree on the first error",
        at_least=0.5,
        severity="warning",
    ),
    Check(
        "step_labels",
        "share_of_exhaustive_tokens",
        "SELECT coalesce(sum(num_tokens) / nullif(sum(exhaustive_tokens), 0), 0) FROM this",
        "a search that costs more tokens than measuring every step",
        at_most=1,
        severity="warning",
    ),
)

PRM_CHECKS: tuple[Check, ...] = (*SOLUTION_CHECKS, *ROLLOUT_CHECKS, *LABEL_CHECKS)
