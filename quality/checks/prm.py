"""Checks of step labels, which must follow from the stored rollouts and the threshold."""

from quality.checks.check import Check
from quality.checks.rules import blank, no_empty, no_rows, not_held_out

# one row per solution that has labels and step, counted from 1
STEPS = "(SELECT *, unnest(range(1, len(completions) + 1)) AS step FROM this WHERE failure IS NULL)"


SOLUTION_CHECKS: tuple[Check, ...] = (
    no_rows("solutions"),
    no_empty("solutions", "prompt", "answer"),
    not_held_out("solutions", "problems", what="problem"),
    Check(
        "solutions",
        "steps_give_completion",
        "SELECT count(*) FROM this WHERE failure IS NULL"
        " AND list_reduce(completions, lambda whole, one: whole || separator || one, '')"
        " IS DISTINCT FROM separator || completion",
        "steps that joined by the separator are not the solution, so that prefixes are not its own",
        at_most=0,
    ),
    Check(
        "solutions",
        "no_blank_step",
        f"SELECT count(*) FROM this WHERE failure IS NULL AND (len(completions) = 0"
        f" OR len(list_filter(completions, lambda one: {blank('one')})) > 0)",
        "solutions without steps or with blank ones, whose label would say nothing",
        at_most=0,
    ),
    Check(
        "solutions",
        "merged_step_share",
        r"SELECT coalesce(avg((len(regexp_extract_all(completions[step], '=\s*[-$]?\d')) > 1)::INT), 0)"
        f" FROM {STEPS}",
        "a splitter that leaves two equations in one step, whose label cannot say which is wrong",
        at_most=0.1,
        severity="warning",
    ),
    Check(
        "solutions",
        "truncated_has_failure",
        "SELECT count(*) FROM this WHERE failure IS NULL AND (finish_reason <> 'stop' OR accepted IS NULL)",
        "solutions that were cut off or did not come, yet would be labelled",
        at_most=0,
    ),
    Check(
        "solutions",
        "failed_share",
        "SELECT avg((failure IS NOT NULL)::INT) FROM this",
        "a policy or splitter of which little is left to label",
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
        "rollouts that failed but count as right or wrong, or that came but have no verdict",
        at_most=0,
    ),
    Check(
        "step_rollouts",
        "no_truncated_accepted",
        "SELECT count(*) FROM this WHERE accepted AND finish_reason = 'length'",
        "rollouts that were cut off, yet are accepted",
        at_most=0,
    ),
    Check(
        "step_rollouts",
        "samples_follow",
        "SELECT count(*) FROM (SELECT 1 FROM this GROUP BY solution_id, step"
        " HAVING min(sample) <> 0 OR max(sample) + 1 <> count(*))",
        "prefixes some of whose rollouts are missing, so that shares are of what was kept",
        at_most=0,
    ),
    Check(
        "step_rollouts",
        "steps_of_solutions",
        "SELECT count(*) FROM this LEFT JOIN solutions s USING (solution_id)"
        " WHERE s.failure IS NOT NULL OR NOT coalesce(step BETWEEN 1 AND len(s.completions) - 1, false)",
        "rollouts from a step that their solution does not have, or after which nothing comes",
        at_most=0,
        reads=("solutions",),
    ),
    Check(
        "step_rollouts",
        "accepted_share",
        "SELECT avg(accepted::INT) FROM this",
        "a verifier, or a completer, that gives nearly all prefixes the same value",
        at_least=0.02,
        at_most=0.98,
        severity="warning",
    ),
    Check(
        "step_rollouts",
        "parse_rate",
        "SELECT avg((extracted IS NOT NULL)::INT) FROM this WHERE finish_reason <> 'error'",
        "completers that mostly end without an answer, which looks like wrong steps",
        at_least=0.5,
        severity="warning",
    ),
    Check(
        "step_rollouts",
        "truncated_share",
        "SELECT avg((finish_reason = 'length')::INT) FROM this",
        "a limit of tokens that makes right steps look wrong",
        at_most=0.1,
        severity="warning",
    ),
    Check(
        "step_rollouts",
        "failed_share",
        "SELECT avg((finish_reason = 'error')::INT) FROM this",
        "a backend that fails so often that steps are measured by few rollouts",
        at_most=0.1,
        severity="warning",
    ),
)

STEP_CHECKS: tuple[Check, ...] = (*SOLUTION_CHECKS, *ROLLOUT_CHECKS)


_THRESHOLD = "json_extract_string($settings, '$.threshold')::DOUBLE"
# the labels of each step, measured or else implied
_KNOWN = f"(SELECT *, coalesce(labels[step], implied[step]) AS known FROM {STEPS})"
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


STEP_LABEL_CHECKS: tuple[Check, ...] = (
    no_rows("step_labels"),
    not_held_out("step_labels", "problems", what="problem"),
    Check(
        "step_labels",
        "lists_agree",
        "SELECT count(*) FROM this WHERE " + " OR ".join(f"len({one}) <> len(completions)" for one in _LISTS),
        "lists that are not as long as the steps, so that labels belong to other steps",
        at_most=0,
    ),
    Check(
        "step_labels",
        "unprobed_is_null",
        f"SELECT count(*) FROM {STEPS} WHERE probed[step] <> (num_rollouts[step] > 0) OR "
        + " OR ".join(f"({one}[step] IS NOT NULL) <> probed[step]" for one in _MEASURED)
        + " OR probed[step] AND implied[step] IS NOT NULL",
        "steps that nobody measured but have a label or share, or the reverse",
        at_most=0,
    ),
    Check(
        "step_labels",
        "label_recomputed",
        f"SELECT count(*) FROM {STEPS} WHERE probed[step]"
        " AND (soft[step] IS DISTINCT FROM num_accepted[step] / num_rollouts[step]"
        f" OR labels[step] IS DISTINCT FROM (soft[step] > {_THRESHOLD}))",
        "labels that the counts and the threshold do not give",
        at_most=0,
    ),
    Check(
        "step_labels",
        "interval_holds_share",
        f"SELECT count(*) FROM {STEPS} WHERE soft[step] NOT BETWEEN low[step] AND high[step]"
        " OR low[step] < 0 OR high[step] > 1",
        "intervals that lie beside their share",
        at_most=0,
    ),
    Check(
        "step_labels",
        "counts_recomputed",
        "WITH drawn AS (SELECT solution_id, step, count(*) FILTER (accepted) AS good,"
        " count(accepted) AS ended, count(*) FILTER (accepted IS NULL) AS failed"
        " FROM step_rollouts GROUP BY ALL)"
        f" SELECT count(*) FROM (SELECT * FROM {STEPS} WHERE step < len(completions)) l"
        " FULL JOIN drawn d USING (solution_id, step)"
        " WHERE l.num_accepted[step] IS DISTINCT FROM coalesce(d.good, 0)"
        " OR l.num_rollouts[step] IS DISTINCT FROM coalesce(d.ended, 0)"
        " OR l.num_failed[step] IS DISTINCT FROM coalesce(d.failed, 0)",
        "counts of other rollouts than are stored",
        at_most=0,
        reads=("step_rollouts",),
    ),
    Check(
        "step_labels",
        "last_step_is_outcome",
        "SELECT count(*) FROM this WHERE failure IS NULL"
        " AND (labels[-1] IS DISTINCT FROM accepted OR stops[-1] IS DISTINCT FROM 'outcome')",
        "solutions whose last step is not worth what the verifier says of the whole",
        at_most=0,
    ),
    Check(
        "step_labels",
        "first_error_follows",
        "SELECT count(*) FROM (SELECT first_error, min(step) FILTER (known IS DISTINCT FROM true) AS place,"
        f" min_by(known, step) FILTER (known IS DISTINCT FROM true) AS found FROM {_KNOWN}"
        " GROUP BY solution_id, first_error)"
        " WHERE first_error IS DISTINCT FROM CASE WHEN place IS NULL THEN 0 WHEN NOT found THEN place END",
        "first errors that the labels do not give",
        at_most=0,
    ),
    Check(
        "step_labels",
        "decided_share",
        "SELECT avg((first_error IS NOT NULL)::INT) FROM this WHERE failure IS NULL",
        "solutions whose first error too few rollouts came back to tell",
        at_least=0.9,
        severity="warning",
    ),
    Check(
        "step_labels",
        "right_after_wrong_share",
        "SELECT coalesce(avg((list_position(labels, false) < len(labels) + 1"
        " - list_position(list_reverse(labels), true))::INT), 0)"
        " FROM this WHERE len(list_filter(probed, lambda one: one)) > 1",
        "a right step after a wrong one so often that noise, not errors, is found and no search is safe",
        at_most=0.15,
        severity="warning",
    ),
    Check(
        "step_labels",
        "distinct_labels",
        f"SELECT count(DISTINCT known) FROM {_KNOWN}",
        "labels that all are the same",
        at_least=2,
        severity="warning",
    ),
    Check(
        "step_labels",
        "right_share",
        f"SELECT avg(known::INT) FROM {_KNOWN}",
        "right and wrong steps so unbalanced that a model learns the share alone",
        at_least=0.5,
        at_most=0.9,
        severity="warning",
    ),
    Check(
        "step_labels",
        "right_share_by_step",
        "SELECT coalesce(min(share), 1) FROM (SELECT avg(known::INT) AS share"
        f" FROM {_KNOWN} GROUP BY step HAVING count(known) >= 20)",
        "a place in solutions where hardly a step is right, so that a model learns the place",
        at_least=0.05,
        severity="warning",
    ),
    Check(
        "step_labels",
        "confirmed_share",
        "SELECT coalesce(avg(confirmed::INT), 1) FROM this",
        "first errors that fresh rollouts do not find again",
        at_least=0.8,
        severity="warning",
    ),
    Check(
        "step_labels",
        "consensus_share",
        "SELECT coalesce(avg(consensus::INT), 1) FROM this",
        "a judge and rollouts that name different first errors more often than not",
        at_least=0.5,
        severity="warning",
    ),
    Check(
        "step_labels",
        "share_of_exhaustive_tokens",
        "SELECT coalesce(sum(num_tokens) / nullif(sum(exhaustive_tokens), 0), 0) FROM this",
        "a search that takes more tokens than measuring every step",
        at_most=1,
        severity="warning",
    ),
)
