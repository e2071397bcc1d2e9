"""The filters, orders and searched texts of the pages of labelled rows."""

from studio.queries.filters import Choices, Filter, Order, value_filter

# not strlen: with DuckDB 2.0.0, ordering by it puts its number in the text's own place
_BOTH = ("chosen", "rejected")
_LENGTHS = "length(chosen) - length(rejected)"
_UNSURE = Order("least sure first", "abs(p_a - 0.5)", ("p_a",))

PAIRS = Choices(
    filters=(
        value_filter("label", "label", "label"),
        value_filter("principle", "principle", "principle_id"),
        Filter(
            "signal",
            "signal",
            ("p_signals",),
            equals="list_contains(list_transform(p_signals, lambda held: held.signal), ?)",
            options="unnest(p_signals).signal",
        ),
        value_filter("kind", "prompts", "kind"),
        value_filter("category", "category", "category"),
        Filter(
            "confidence",
            "confidence",
            ("p_a",),
            words={
                "sure": "abs(p_a - 0.5) >= 0.4",
                "likely": "abs(p_a - 0.5) >= 0.2 AND abs(p_a - 0.5) < 0.4",
                "unsure": "abs(p_a - 0.5) < 0.2",
                "none": "p_a IS NULL",
            },
        ),
        Filter(
            "disagreement",
            "disagreement",
            ("logit_ab", "logit_ba", "judges_disagree"),
            words={"orders": "logit_ab * logit_ba < 0", "judges": "judges_disagree"},
        ),
        Filter(
            "length",
            "length",
            _BOTH,
            words={
                "longer won": f"{_LENGTHS} > 0",
                "shorter won": f"{_LENGTHS} < 0",
                "a short one": "least(length(chosen), length(rejected)) < 40",
                "a long one": "greatest(length(chosen), length(rejected)) > 2000",
            },
        ),
    ),
    orders={
        "unsure": _UNSURE,
        "sure": Order("surest first", "-abs(p_a - 0.5)", ("p_a",)),
        "orders": Order("orders furthest apart first", "-abs(logit_ab - logit_ba)", ("logit_ab", "logit_ba")),
        "longest": Order("longest first", "-(length(chosen) + length(rejected))", _BOTH),
        "lengths": Order("lengths furthest apart first", f"-abs({_LENGTHS})", _BOTH),
    },
    texts=("prompt", "chosen", "rejected"),
)

_FAILURE = Filter(
    "failure", "failure", ("failure",), words={"none": "failure IS NULL", "failed": "failure IS NOT NULL"}
)
_ACCEPTED = Filter(
    "accepted",
    "verdict",
    ("accepted",),
    words={"accepted": "accepted", "rejected": "NOT accepted", "none": "accepted IS NULL"},
)

REVISIONS = Choices(
    filters=(
        value_filter("principle", "principle", "principle_id"),
        value_filter("kind", "prompts", "kind"),
        value_filter("category", "category", "category"),
        value_filter("step", "step", "step"),
        Filter("changed", "changed", ("changed",), words={"changed": "changed", "kept": "NOT changed"}),
        _FAILURE,
    ),
    orders={
        "gain": Order(
            "greatest gain in harmlessness first",
            "draft_harmlessness - harmlessness",
            ("draft_harmlessness", "harmlessness"),
        ),
        "loss": Order(
            "greatest loss of helpfulness first",
            "helpfulness - draft_helpfulness",
            ("draft_helpfulness", "helpfulness"),
        ),
        "edits": Order("most changed first", "-edit_distance", ("edit_distance",)),
    },
    texts=("prompt", "draft", "critique", "revision"),
)

SAMPLES = Choices(
    filters=(
        _ACCEPTED,
        value_filter("policy", "policy", "policy"),
        value_filter("family", "family", "family"),
        value_filter("difficulty", "difficulty", "difficulty"),
        value_filter("stop", "why sampling stopped", "stop"),
        value_filter("finish", "how it ended", "finish_reason"),
    ),
    orders={
        "hard": Order("hardest problems first", "pass_rate", ("pass_rate",)),
        "longest": Order("longest first", "-num_tokens", ("num_tokens",)),
        "reward": Order("greatest reward first", "-reward", ("reward",)),
    },
    texts=("prompt", "completion", "extracted"),
)

STEPS = Choices(
    filters=(
        _ACCEPTED,
        value_filter("family", "family", "family"),
        value_filter("difficulty", "difficulty", "difficulty"),
        Filter(
            "error",
            "first error",
            ("first_error",),
            words={
                "none": "first_error = 0",
                "first step": "first_error = 1",
                "later": "first_error > 1",
                "undecided": "first_error IS NULL",
            },
        ),
        Filter(
            "judge",
            "rollouts and judge",
            ("consensus",),
            words={"agree": "consensus", "disagree": "NOT consensus", "undecided": "consensus IS NULL"},
        ),
        _FAILURE,
    ),
    orders={"late": Order("latest error first", "-first_error", ("first_error",))},
    texts=("prompt",),
)

DEBATES = Choices(
    filters=(
        value_filter("protocol", "protocol", "protocol"),
        value_filter("kind", "questions", "kind"),
        Filter(
            "verdict",
            "verdict",
            ("credit",),
            words={
                "right": "credit = 1",
                "tie": "credit = 0.5",
                "wrong": "credit = 0",
                "none": "credit IS NULL",
            },
        ),
        Filter(
            "quotes",
            "quotes",
            ("num_quotes", "num_unverified"),
            words={
                "forged": "num_unverified > 0",
                "verified": "num_quotes > 0 AND num_unverified = 0",
                "none": "num_quotes = 0",
            },
        ),
        _FAILURE,
    ),
    orders={
        "unsure": _UNSURE,
        "misled": Order("surest of the wrong answer first", "if(gold = 'a', p_a, 1 - p_a)", ("gold", "p_a")),
        "tokens": Order("most tokens first", "-num_tokens", ("num_tokens",)),
    },
    texts=(),
    nested={
        "turns.argument": "array_to_string(list_transform(turns, lambda turn: turn.argument), chr(10))",
    },
)

TREES = Choices(
    filters=(
        Filter(
            "level",
            "level",
            ("parent_id",),
            words={"problems": "parent_id IS NULL", "parts": "parent_id IS NOT NULL"},
        ),
        Filter(
            "correct",
            "amplified and direct",
            ("correct", "direct_correct"),
            words={
                "gained": "correct AND NOT direct_correct",
                "lost": "direct_correct AND NOT correct",
                "both right": "correct AND direct_correct",
                "both wrong": "NOT correct AND NOT direct_correct",
            },
        ),
        value_filter("failure", "failure", "failure"),
        value_filter("family", "family", "family"),
        value_filter("difficulty", "difficulty", "difficulty"),
    ),
    orders={
        "unsure": Order("least share of votes first", "least_share", ("least_share",)),
        "large": Order("most parts first", "-num_parts", ("num_parts",)),
    },
    texts=("question", "answer"),
)
