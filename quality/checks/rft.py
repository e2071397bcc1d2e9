"""Checks of problems and of rejection sampling: gold verdicts, candidates, selections, verified pairs."""

from quality.checks.check import Check
from quality.checks.rules import blank, no_empty, no_rows, not_held_out, source_prompt
from quality.hygiene.contamination import contaminated
from quality.hygiene.words import normalised

ENOUGH = 20
_BY_DIFFICULTY = (
    "(SELECT policy, difficulty, avg(accepted::INT) AS share FROM this WHERE NOT hinted"
    f" AND accepted IS NOT NULL GROUP BY ALL HAVING count(*) >= {ENOUGH})"
)


def problem_rules(dataset: str) -> tuple[Check, ...]:
    """Every prompt is a problem's own, and no problem of it is held out."""
    return (
        not_held_out(dataset, "problems", what="problem"),
        source_prompt(dataset, "problems", key="problem_id", such_as="one with the hint left in"),
    )


RFT_CHECKS: tuple[Check, ...] = (
    Check(
        "problems",
        "solution_gives_answer",
        "SELECT count(*) FROM this WHERE solution IS NOT NULL AND len(steps) > 0"
        " AND NOT contains(list_last(steps), answer)",
        "gold solutions whose last step lacks the gold answer",
        at_most=0,
    ),
    Check(
        "problems",
        "no_problem_in_both_splits",
        "SELECT count(*) FROM this AS training JOIN this AS held ON lower(trim(training.prompt))"
        " = lower(trim(held.prompt)) WHERE training.split = 'train' AND held.split = 'evaluation'",
        "training problems that are held-out ones, word for word",
        at_most=0,
    ),
    Check(
        "problems",
        "contaminated_share",
        "SELECT count(*) / greatest(1, (SELECT count(*) FROM this WHERE split = 'train')) FROM ("
        + contaminated(
            f"SELECT problem_id AS text_id, {normalised('prompt')} AS words FROM this WHERE split = 'train'",
            f"SELECT problem_id AS evaluation_id, {normalised('prompt')} AS evaluation_words FROM this"
            " WHERE split = 'evaluation'",
        )
        + ")",
        "training problems that share 13 words in a row with a held-out one",
        at_most=0.01,
        severity="warning",
    ),
    no_rows("gold_verdicts"),
    Check(
        "gold_verdicts",
        "gold_accepted",
        "SELECT count(*) FROM this WHERE NOT accepted",
        "problems whose own gold answer the verifier rejects",
        at_most=0,
    ),
    no_rows("gold_solutions"),
    no_empty("gold_solutions", "prompt", "completion"),
    *problem_rules("gold_solutions"),
    no_rows("candidates"),
    *problem_rules("candidates"),
    Check(
        "candidates",
        "verdict_or_reason",
        "SELECT count(*) FROM this WHERE (accepted IS NULL) <> (finish_reason = 'error')"
        " OR (reason IS NULL) <> coalesce(accepted, false)",
        "draws with neither a verdict nor a reason, or failed ones with a verdict",
        at_most=0,
    ),
    Check(
        "candidates",
        "no_truncated_accepted",
        "SELECT count(*) FROM this WHERE accepted AND finish_reason <> 'stop'",
        "draws that were cut off and count as right",
        at_most=0,
    ),
    Check(
        "candidates",
        "counts_recomputed",
        "SELECT count(*) FROM (SELECT max(num_draws) AS said, count(*) AS draws, max(sample) + 1 AS last,"
        " max(num_accepted) AS right_said, count(*) FILTER (accepted) AS num_right FROM this"
        " GROUP BY problem_id, policy, hinted)"
        " WHERE said <> draws OR last <> draws OR right_said <> num_right",
        "draws that are missing, or that a problem's counts leave out",
        at_most=0,
    ),
    Check(
        "candidates",
        "acceptance_by_difficulty",
        f"SELECT coalesce(min(share), 1) FROM {_BY_DIFFICULTY}",
        "problems too hard to be sampled, or a verifier that rejects what is right (least share by"
        f" difficulty of {ENOUGH} draws or more)",
        at_least=0.01,
        severity="warning",
    ),
    Check(
        "candidates",
        "acceptance",
        f"SELECT coalesce(max(share), 0) FROM {_BY_DIFFICULTY}",
        "a verifier that accepts everything, or problems too easy to teach anything",
        at_most=0.98,
        severity="warning",
    ),
    Check(
        "candidates",
        "failed_share",
        "SELECT avg((accepted IS NULL OR finish_reason = 'length')::INT) FROM this",
        "draws that failed or were cut off: raise answers.max_tokens",
        at_most=0.1,
        severity="warning",
    ),
    no_rows("rft_selections"),
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
        "a path that a problem teaches twice (settings that count texts apart may want this)",
        at_most=0,
        severity="warning",
    ),
    Check(
        "rft_selections",
        "no_duplicates",
        "SELECT count(*) FROM (SELECT problem_id, trim(completion) FROM this WHERE kind <> 'gold'"
        " GROUP BY ALL HAVING count(*) > 1)",
        "a completion that a problem teaches twice",
        at_most=0,
    ),
    Check(
        "rft_selections",
        "hint_stripped",
        "SELECT count(*) FROM this WHERE kind = 'rationalised' AND (contains(lower(completion),"
        " 'the answer is given') OR contains(lower(completion), 'given that the answer')"
        " OR contains(lower(completion), 'given the answer'))",
        "rationalised completions that tell of their hint",
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
    no_rows("verified_pairs"),
    *problem_rules("verified_pairs"),
    Check(
        "verified_pairs",
        "chosen_is_right",
        "SELECT count(*) FROM this LEFT JOIN candidates AS a ON a.completion_key = this.chosen_key"
        " LEFT JOIN candidates AS b ON b.completion_key = this.rejected_key"
        " WHERE a.accepted IS DISTINCT FROM true OR b.accepted IS DISTINCT FROM false",
        "pairs whose chosen is not accepted or whose rejected is not rejected",
        at_most=0,
        reads=("candidates",),
    ),
    Check(
        "verified_pairs",
        "no_empty_text",
        f"SELECT count(*) FROM this WHERE {blank('prompt')} OR {blank('chosen')} OR chosen = rejected",
        "pairs with an empty or equal completion",
        at_most=0,
    ),
    Check(
        "verified_pairs",
        "longer_chosen_share",
        "SELECT avg((num_tokens_chosen > num_tokens_rejected)::INT) FROM this"
        " WHERE num_tokens_chosen <> num_tokens_rejected HAVING count(*) > 0 UNION ALL SELECT 0.5 LIMIT 1",
        "pairs from which length alone can be learned",
        at_least=0.2,
        at_most=0.8,
        severity="warning",
    ),
)
