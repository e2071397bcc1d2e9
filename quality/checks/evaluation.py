"""Checks of the items of evaluations, of models' answers, and of the figures made from them."""

from quality.checks.check import Check
from quality.checks.rules import no_rows

_GRADED = "SELECT unnest(grades) AS grade FROM this"
EVALUATION_CHECKS: tuple[Check, ...] = (
    no_rows("evaluation_items"),
    Check(
        "evaluation_items",
        "can_be_asked",
        "SELECT count(*) FROM this WHERE failure IS NULL AND (len(messages) = 0 OR messages[-1].role <>"
        " 'user' OR (len(choices) > 0 AND NOT list_has_all(choices, gold)))",
        "items that end in no turn of the user, or whose gold is none of their choices",
        at_most=0,
    ),
    no_rows("evaluation_answers"),
    Check(
        "evaluation_answers",
        "answers_items",
        "SELECT count(*) FROM this ANTI JOIN evaluation_items USING (suite, item_id, variant)",
        "answers to items that are not among the items",
        at_most=0,
        reads=("evaluation_items",),
    ),
    Check(
        "evaluation_answers",
        "missing_answers",
        "SELECT avg((failure IS NOT NULL)::INT) FROM this",
        "answers that failed, are empty or truncated",
        at_most=0.05,
        severity="warning",
    ),
    Check(
        "evaluation_answers",
        "missing_grades",
        f"SELECT coalesce(avg((grade.failure IS NOT NULL)::INT), 0) FROM ({_GRADED})",
        "grades that the judge did not give",
        at_most=0.05,
        severity="warning",
    ),
    no_rows("evaluation"),
    Check(
        "evaluation",
        "within_interval",
        "SELECT count(*) FROM this WHERE (value IS NULL AND low IS NOT NULL) OR low > high",
        "figures whose interval is none",
        at_most=0,
    ),
    no_rows("evaluation_differences"),
    no_rows("gate_results"),
    Check(
        "gate_results",
        "gates_passed",
        "SELECT count(*) FROM this WHERE NOT passed",
        "models that do not keep a bound of the profile's gates",
        at_most=0,
    ),
)
