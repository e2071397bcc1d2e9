"""Checks of pass rates, and of the problems that they choose."""

from quality.checks.check import Check
from quality.checks.rules import no_rows, problem_rules

PASS_RATE_CHECKS: tuple[Check, ...] = (
    no_rows("prompt_pass_rates"),
    *problem_rules("prompt_pass_rates"),
    Check(
        "prompt_pass_rates",
        "counts_recomputed",
        "SELECT count(*) FROM this JOIN (SELECT problem_id, policy, count(accepted) AS num,"
        " count(*) FILTER (accepted) AS passed FROM candidates WHERE NOT hinted GROUP BY ALL) AS counted"
        " USING (problem_id, policy) WHERE num_samples <> num OR num_passed <> passed",
        "counts that are not those of the samples",
        at_most=0,
        reads=("candidates",),
    ),
    Check(
        "prompt_pass_rates",
        "within_interval",
        "SELECT count(*) FROM this WHERE num_passed > num_samples"
        " OR NOT coalesce(pass_rate, 0) BETWEEN 0 AND 1 OR pass_rate NOT BETWEEN low - 1e-9 AND high + 1e-9",
        "rates that are none, or that lie outside of their own interval",
        at_most=0,
    ),
    Check(
        "prompt_pass_rates",
        "kept_share",
        "SELECT avg((place = 'kept')::INT) FROM this",
        "a policy that solves nearly all problems or none, so that few teach it anything",
        at_least=0.1,
        severity="warning",
    ),
    no_rows("banded_problems"),
    *problem_rules("banded_problems"),
    Check(
        "banded_problems",
        "within_band",
        "SELECT count(*) FROM this LEFT JOIN prompt_pass_rates AS rates ON rates.problem_id = this.problem_id"
        " AND rates.policy = this.policy AND rates.pass_rate = this.pass_rate AND rates.place = 'kept'"
        " WHERE rates.problem_id IS NULL",
        "problems that no pass rate keeps",
        at_most=0,
        reads=("prompt_pass_rates",),
    ),
)
