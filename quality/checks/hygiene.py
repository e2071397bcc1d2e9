"""Checks of hygiene: contamination and split leaks block; what data_hygiene found warns."""

from quality.checks.check import Check
from quality.checks.rules import SOURCES
from quality.hygiene.contamination import contamination, evaluation_prompts
from quality.hygiene.duplicates import split_near_duplicates
from quality.hygiene.texts import LABELS, LabelDataset

PERSONAL_DATA = ("email", "phone", "iban", "credit_card", "ip_address")
NAMES = tuple(one.name for one in LABELS)


def no_contamination(label: LabelDataset) -> Check:
    """No text shares 13 words in a row with an evaluation prompt; shorter texts are none of them."""
    texts = "SELECT [text_column, row_id] AS text_id, words FROM"
    return Check(
        label.name,
        "contamination",
        contamination(f"{texts} ({label.texts('this')})", evaluation_prompts(*SOURCES, "problems")),
        "training texts with the words of an evaluation prompt",
        at_most=0,
        reads=SOURCES,
        reads_if_there=("problems",),
    )


def split_leaks(dataset: str) -> Check:
    """No near duplicates in both splits."""
    return Check(
        dataset,
        "near_duplicates_across_splits",
        split_near_duplicates,
        "evaluation prompts that nearly are training prompts",
        at_most=0,
        code=("quality.hygiene.clusters", "quality.hygiene.minhash", "quality.hygiene.words"),
    )


def share(*kinds: str, learned_only: bool = False) -> str:
    """SQL of the greatest share of a column's texts, over all label datasets, that have such a finding."""
    counts = " UNION ALL ".join(
        f"SELECT '{one.name}' AS label_dataset, '{text}' AS text_column, count({text}) AS num FROM {one.name}"
        for one in LABELS
        for text in (one.completions[:1] if learned_only else one.columns)
    )
    return (
        "SELECT coalesce(max(found / num), 0) FROM (SELECT label_dataset, text_column,"
        f" count(DISTINCT row_id) AS found FROM this WHERE kind IN {_listed(kinds)} GROUP BY ALL)"
        f" JOIN ({counts}) USING (label_dataset, text_column)"
    )


def _listed(kinds: tuple[str, ...]) -> str:
    return f"({', '.join(repr(one) for one in kinds)})"


def _warning(name: str, measure: str, catches: str, at_most: float, reads: tuple[str, ...] = NAMES) -> Check:
    return Check("data_hygiene", name, measure, catches, at_most=at_most, reads=reads, severity="warning")


HYGIENE_CHECKS: tuple[Check, ...] = (
    *map(split_leaks, SOURCES),
    *map(no_contamination, LABELS),
    _warning(
        "duplicate_share",
        share("exact_duplicate", "near_duplicate"),
        "prompts or completions that count several times",
        0.05,
    ),
    _warning(
        "boilerplate_share",
        share("boilerplate", learned_only=True),
        "stock phrases that a policy appends",
        0.05,
    ),
    _warning("refusal_share", share("refusal", learned_only=True), "a policy that is taught to refuse", 0.5),
    _warning(
        "personal_data",
        f"SELECT count(*) FROM this WHERE kind IN {_listed(PERSONAL_DATA)}",
        "personal data in texts that a model may repeat",
        0,
        reads=(),
    ),
    _warning(
        "language_outlier_share", share("language_outlier"), "texts in another language than the rest", 0.05
    ),
)
