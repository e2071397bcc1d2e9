"""The filters, orders and searched texts of the page of pairs."""

from studio.queries.filters import Choices, Filter, Order, value_filter

# not strlen: with DuckDB 2.0.0, ordering by it puts its number in the text's own place
_BOTH = ("chosen", "rejected")
_LENGTHS = "length(chosen) - length(rejected)"

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
        "unsure": Order("least sure first", "abs(p_a - 0.5)", ("p_a",)),
        "sure": Order("surest first", "-abs(p_a - 0.5)", ("p_a",)),
        "orders": Order("orders furthest apart first", "-abs(logit_ab - logit_ba)", ("logit_ab", "logit_ba")),
        "longest": Order("longest first", "-(length(chosen) + length(rejected))", _BOTH),
        "lengths": Order("lengths furthest apart first", f"-abs({_LENGTHS})", _BOTH),
    },
    texts=("prompt", "chosen", "rejected"),
)
