"""Checks of problems, of the verdicts on their gold answers, and of gold solutions."""

from quality.checks.check import Check
from quality.checks.rules import no_empty, no_rows, problem_rules, splits_apart
from quality.hygiene.contamination import contaminated
from quality.hygiene.words import normalised

# the share of problems whose own gold answer may be rejected before nothing is sampled for any
MOST_REJECTED = 0.02

PROBLEM_CHECKS: tuple[Check, ...] = (
    no_rows("problems"),
    no_empty("problems", "prompt", "answer"),
    splits_apart("problems"),
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
        "training problems that repeat a held-out one word for word",
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
        "training problems that share 13 consecutive words with a held-out one",
        at_most=0.01,
        severity="warning",
    ),
    no_rows("gold_verdicts"),
    Check(
        "gold_verdicts",
        "gold_accepted",
        "SELECT avg((NOT accepted)::INT) FROM this",
        "share of problems whose own gold answer the verifier rejects; they are left out of sampling",
        at_most=MOST_REJECTED,
    ),
    Check(
        "gold_verdicts",
        "gold_rejected",
        "SELECT count(*) FROM this WHERE NOT accepted",
        "problems left out, since the verifier rejects their own gold answer: SELECT * FROM gold_verdicts"
        " WHERE NOT accepted",
        at_most=0,
        severity="warning",
    ),
    no_rows("gold_solutions"),
    no_empty("gold_solutions", "prompt", "completion"),
    *problem_rules("gold_solutions"),
)
