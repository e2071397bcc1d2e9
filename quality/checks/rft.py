"""Checks of rejection sampling and of rollouts: candidates, selections, verified pairs, pairs of rollouts."""

from quality.checks.check import Check
from quality.checks.rules import blank, no_empty, no_rows, problem_rules

LEAST_SAMPLES = 20
_BY_DIFFICULTY = (
    "(SELECT policy, difficulty, avg(accepted::INT) AS share FROM this WHERE NOT hinted"
    f" AND accepted IS NOT NULL GROUP BY ALL HAVING count(*) >= {LEAST_SAMPLES})"
)
# how many samples are accepted, and for which reasons most of the others are not
_ACCEPTED = (
    "WITH refused AS (SELECT CASE WHEN reason = 'truncated' THEN 'truncated at max_tokens '"
    " || (SELECT max(num_tokens) FROM candidates WHERE reason = 'truncated')"
    " WHEN extracted IS NOT NULL THEN 'with another answer' ELSE reason END AS reason, count(*) AS number"
    " FROM candidates WHERE NOT coalesce(accepted, false) GROUP BY ALL ORDER BY number DESC, reason LIMIT 3)"
    " SELECT count(*) FILTER (accepted) || ' of ' || count(*) || ' candidates are accepted'"
    " || coalesce(', ' || (SELECT string_agg(number || ' ' || reason, ', ' ORDER BY number DESC, reason)"
    " FROM refused), '') FROM candidates"
)


RFT_CHECKS: tuple[Check, ...] = (
    no_rows("candidates"),
    *problem_rules("candidates"),
    Check(
        "candidates",
        "verdict_or_reason",
        "SELECT count(*) FROM this WHERE (accepted IS NULL) <> (finish_reason = 'error')"
        " OR (reason IS NULL) <> coalesce(accepted, false)",
        "samples that lack a verdict or a reason, or failed ones that have a verdict",
        at_most=0,
    ),
    Check(
        "candidates",
        "no_truncated_accepted",
        "SELECT count(*) FROM this WHERE accepted AND finish_reason <> 'stop'",
        "truncated samples that count as correct",
        at_most=0,
    ),
    Check(
        "candidates",
        "counts_recomputed",
        "SELECT count(*) FROM (SELECT max(num_draws) AS recorded, count(*) AS num, max(sample) + 1 AS last,"
        " max(num_accepted) AS recorded_right, count(*) FILTER (accepted) AS num_right FROM this"
        " GROUP BY problem_id, policy, hinted)"
        " WHERE recorded <> num OR last <> num OR recorded_right <> num_right",
        "missing samples, or samples that a problem's counts leave out",
        at_most=0,
    ),
    Check(
        "candidates",
        "acceptance_by_difficulty",
        f"SELECT coalesce(min(share), 1) FROM {_BY_DIFFICULTY}",
        "problems too hard to sample, or a verifier that rejects correct answers (least share of a"
        f" difficulty with {LEAST_SAMPLES} samples or more)",
        at_least=0.01,
        severity="warning",
    ),
    Check(
        "candidates",
        "acceptance",
        f"SELECT coalesce(max(share), 0) FROM {_BY_DIFFICULTY}",
        "a verifier that accepts everything, or problems too easy to learn from",
        at_most=0.98,
        severity="warning",
    ),
    Check(
        "candidates",
        "failed_share",
        "SELECT avg((accepted IS NULL OR finish_reason = 'length')::INT) FROM this",
        "samples that failed or were cut off: raise answers.max_tokens",
        at_most=0.1,
        severity="warning",
    ),
    no_rows("rft_selections", _ACCEPTED),
    no_empty("rft_selections", "prompt", "completion"),
    *problem_rules("rft_selections"),
    Check(
        "rft_selections",
        "only_accepted",
        "SELECT count(*) FROM this LEFT JOIN candidates ON candidates.completion_key = this.completion_key"
        " AND candidates.problem_id = this.problem_id AND candidates.policy = this.policy"
        " WHERE kind <> 'gold' AND (candidates.accepted IS DISTINCT FROM true"
        " OR candidates.completion <> this.completion)",
        "completions that the verifier did not accept",
        at_most=0,
        reads=("candidates",),
    ),
    Check(
        "rft_selections",
        "distinct_paths",
        "SELECT count(*) FROM (SELECT problem_id, coalesce(path, trim(completion)) FROM this"
        " WHERE kind <> 'gold' GROUP BY ALL HAVING count(*) > 1)",
        "a solution path taught twice for a problem (intended where rows are distinct by text)",
        at_most=0,
        severity="warning",
    ),
    Check(
        "rft_selections",
        "no_duplicates",
        "SELECT count(*) FROM (SELECT problem_id, trim(completion) FROM this WHERE kind <> 'gold'"
        " GROUP BY ALL HAVING count(*) > 1)",
        "a completion taught twice for a problem",
        at_most=0,
    ),
    Check(
        "rft_selections",
        "hint_stripped",
        "SELECT count(*) FROM this WHERE kind = 'rationalised' AND (contains(lower(completion),"
        " 'the answer is given') OR contains(lower(completion), 'given that the answer')"
        " OR contains(lower(completion), 'given the answer'))",
        "rationalised completions that mention their hint",
        at_most=0,
    ),
    Check(
        "rft_selections",
        "easy_share",
        "SELECT coalesce(avg((pass_rate > 0.9)::INT), 0) FROM this WHERE kind = 'sampled'",
        "easy problems that crowd out the others (share of rows with a pass rate above 0.9)",
        at_most=0.5,
        severity="warning",
    ),
    no_rows("rft_controls"),
    no_empty("rft_controls", "prompt", "completion"),
    *problem_rules("rft_controls"),
    Check(
        "rft_controls",
        "finished",
        "SELECT count(*) FROM this LEFT JOIN candidates ON candidates.completion_key = this.completion_key"
        " AND candidates.problem_id = this.problem_id AND candidates.policy = this.policy"
        " WHERE kind <> 'gold' AND (candidates.finish_reason IS DISTINCT FROM 'stop'"
        " OR candidates.completion <> this.completion)",
        "completions that are no finished sample",
        at_most=0,
        reads=("candidates",),
    ),
    no_rows("verified_pairs", _ACCEPTED),
    *problem_rules("verified_pairs"),
    Check(
        "verified_pairs",
        "chosen_is_right",
        "SELECT count(*) FROM this LEFT JOIN candidates AS a ON a.completion_key = this.chosen_key"
        " LEFT JOIN candidates AS b ON b.completion_key = this.rejected_key"
        " WHERE a.accepted IS DISTINCT FROM true OR b.accepted IS DISTINCT FROM false",
        "pairs whose chosen completion was not accepted, or whose rejected one was",
        at_most=0,
        reads=("candidates",),
    ),
    Check(
        "verified_pairs",
        "no_empty_text",
        f"SELECT count(*) FROM this WHERE {blank('prompt')} OR {blank('chosen')} OR chosen = rejected",
        "pairs with an empty prompt or chosen completion, or two equal completions",
        at_most=0,
    ),
    Check(
        "verified_pairs",
        "longer_chosen_share",
        "SELECT avg((num_tokens_chosen > num_tokens_rejected)::INT) FROM this"
        " WHERE num_tokens_chosen <> num_tokens_rejected HAVING count(*) > 0 UNION ALL SELECT 0.5 LIMIT 1",
        "pairs from which a model can learn length alone",
        at_least=0.2,
        at_most=0.8,
        severity="warning",
    ),
    no_rows("rollouts"),
    Check(
        "rollouts",
        "whole_steps",
        "SELECT max(step) * max(num) - sum(num) FROM (SELECT step, count(*) AS num FROM this GROUP BY step)",
        "samples that are missing, such as those of steps before a run began to keep them",
        at_most=0,
        severity="warning",
    ),
    no_rows("rollout_pairs"),
    Check(
        "rollout_pairs",
        "pair_or_reason",
        "SELECT count(*) FROM this WHERE (label = 'a') <> (chosen IS NOT NULL AND rejected IS NOT NULL)"
        " OR (label = 'a' AND score_chosen <= score_rejected)",
        "pairs that lack a side, or whose better side is none",
        at_most=0,
    ),
)
