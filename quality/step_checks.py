"""Checks of solutions in steps, and of the rollouts of their prefixes."""

from quality.check import Check
from quality.rules import blank, no_empty, no_rows, not_held_out

# one row per solution that has labels and step, counted from 1
STEPS = "(SELECT *, unnest(range(1, len(completions) + 1)) AS step FROM this WHERE failure IS NULL)"


SOLUTION_CHECKS: tuple[Check, ...] = (
    no_rows("solutions"),
    no_empty("solutions", "prompt", "answer"),
    not_held_out("solutions", "problems", what="problem"),
    Check(
        "solutions", "steps_give_completion",
        "SELECT count(*) FROM this WHERE failure IS NULL"
        " AND list_reduce(completions, lambda whole, one: whole || separator || one, '')"
        " IS DISTINCT FROM separator || completion",
        "steps that joined by the separator are not the solution, so that prefixes are not its own",
        at_most=0,
    ),
    Check(
        "solutions", "no_blank_step",
        f"SELECT count(*) FROM this WHERE failure IS NULL AND (len(completions) = 0"
        f" OR len(list_filter(completions, lambda one: {blank('one')})) > 0)",
        "solutions without steps or with blank ones, whose label would say nothing", at_most=0,
    ),
    Check(
        "solutions", "merged_step_share",
        r"SELECT coalesce(avg((len(regexp_extract_all(completions[step], '=\s*[-$]?\d')) > 1)::INT), 0)"
        f" FROM {STEPS}",
        "a splitter that leaves two equations in one step, whose label cannot say which is wrong",
        at_most=0.1, severity="warning",
    ),
    Check(
        "solutions", "truncated_has_failure",
        "SELECT count(*) FROM this WHERE failure IS NULL AND (finish_reason <> 'stop' OR accepted IS NULL)",
        "solutions that were cut off or did not come, yet would be labelled", at_most=0,
    ),
    Check(
        "solutions", "failed_share", "SELECT avg((failure IS NOT NULL)::INT) FROM this",
        "a policy or splitter of which little is left to label", at_most=0.5, severity="warning",
    ),
)  # fmt: skip

ROLLOUT_CHECKS: tuple[Check, ...] = (
    no_rows("step_rollouts"),
    Check(
        "step_rollouts", "verdict_unless_error",
        "SELECT count(*) FROM this WHERE (accepted IS NULL) <> (finish_reason = 'error')",
        "rollouts that failed but count as right or wrong, or that came but have no verdict", at_most=0,
    ),
    Check(
        "step_rollouts", "no_truncated_accepted",
        "SELECT count(*) FROM this WHERE accepted AND finish_reason = 'length'",
        "rollouts that were cut off, yet are accepted", at_most=0,
    ),
    Check(
        "step_rollouts", "samples_follow",
        "SELECT count(*) FROM (SELECT 1 FROM this GROUP BY solution_id, step"
        " HAVING min(sample) <> 0 OR max(sample) + 1 <> count(*))",
        "prefixes some of whose rollouts are missing, so that shares are of what was kept", at_most=0,
    ),
    Check(
        "step_rollouts", "steps_of_solutions",
        "SELECT count(*) FROM this LEFT JOIN solutions s USING (solution_id)"
        " WHERE s.failure IS NOT NULL OR NOT coalesce(step BETWEEN 1 AND len(s.completions) - 1, false)",
        "rollouts from a step that their solution does not have, or after which nothing comes",
        at_most=0, reads=("solutions",),
    ),
    Check(
        "step_rollouts", "accepted_share", "SELECT avg(accepted::INT) FROM this",
        "a verifier, or a completer, that gives nearly all prefixes the same value",
        at_least=0.02, at_most=0.98, severity="warning",
    ),
    Check(
        "step_rollouts", "parse_rate",
        "SELECT avg((extracted IS NOT NULL)::INT) FROM this WHERE finish_reason <> 'error'",
        "completers that mostly end without an answer, which looks like wrong steps", at_least=0.5,
        severity="warning",
    ),
    Check(
        "step_rollouts", "truncated_share", "SELECT avg((finish_reason = 'length')::INT) FROM this",
        "a limit of tokens that makes right steps look wrong", at_most=0.1, severity="warning",
    ),
    Check(
        "step_rollouts", "failed_share", "SELECT avg((finish_reason = 'error')::INT) FROM this",
        "a backend that fails so often that steps are measured by few rollouts", at_most=0.1,
        severity="warning",
    ),
)  # fmt: skip

STEP_CHECKS: tuple[Check, ...] = (*SOLUTION_CHECKS, *ROLLOUT_CHECKS)
