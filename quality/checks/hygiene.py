"""Checks of hygiene: contamination and split leaks block; findings of data_hygiene only warn."""

from datasets_registry.rows.prompts import PROMPT_SETS
from quality.checks.check import Check
from quality.hygiene.contamination import contamination, evaluation_prompts
from quality.hygiene.duplicates import split_near_duplicates
from quality.hygiene.texts import LABELS, LabelDataset

PERSONAL_DATA = ("email", "phone", "iban", "credit_card", "ip_address")
# the row types of which some rows are held out of training
HELD_OUT = (*PROMPT_SETS, "problems")
LABEL_NAMES = tuple(label.name for label in LABELS)


def no_contamination(label: LabelDataset) -> Check:
    """No text shares 13 consecutive words with an evaluation prompt, and no shorter text is one."""
    texts = "SELECT [text_column, row_id] AS text_id, words FROM"
    return Check(
        label.name,
        "contamination",
        contamination(f"{texts} ({label.texts('this')})", evaluation_prompts(*HELD_OUT)),
        "training texts that contain the words of an evaluation prompt",
        at_most=0,
        reads=HELD_OUT,
    )


def split_leaks(dataset: str) -> Check:
    """No near duplicates in both splits."""
    return Check(
        dataset,
        "near_duplicates_across_splits",
        split_near_duplicates,
        "evaluation prompts that are near duplicates of training prompts",
        at_most=0,
    )


def share(*kinds: str, learned_only: bool = False) -> str:
    """SQL of the share of texts with such a finding, in the worst column of all label datasets."""
    counts = " UNION ALL ".join(
        f"SELECT '{label.name}' AS label_dataset, '{text}' AS text_column, count({text}) AS num"
        f" FROM {label.name}"
        for label in LABELS
        for text in (label.completions[:1] if learned_only else label.columns)
    )
    return (
        "SELECT coalesce(max(num_found / num), 0) FROM (SELECT label_dataset, text_column,"
        f" count(DISTINCT row_id) AS num_found FROM this WHERE kind IN {_sql_list(kinds)} GROUP BY ALL)"
        f" JOIN ({counts}) USING (label_dataset, text_column)"
    )


def _sql_list(kinds: tuple[str, ...]) -> str:
    return f"({', '.join(repr(kind) for kind in kinds)})"


def _warning(
    name: str, measure: str, catches: str, at_most: float, reads: tuple[str, ...] = LABEL_NAMES
) -> Check:
    return Check("data_hygiene", name, measure, catches, at_most=at_most, reads=reads, severity="warning")


HYGIENE_CHECKS: tuple[Check, ...] = (
    Check(
        "evaluation_leaks",
        "no_leak",
        "SELECT count(*) FROM this",
        "items of evaluation that a model under evaluation, or what it was trained from, has learned",
        at_most=0,
    ),
    *map(split_leaks, PROMPT_SETS),
    *map(no_contamination, LABELS),
    _warning(
        "duplicate_share",
        share("exact_duplicate", "near_duplicate"),
        "prompts or completions that occur several times",
        0.05,
    ),
    _warning(
        "boilerplate_share",
        share("boilerplate", learned_only=True),
        "stock phrases that a policy would learn to append",
        0.05,
    ),
    _warning(
        "refusal_share",
        share("full_refusal", "partial_refusal", learned_only=True),
        "so many refusals that a policy learns to refuse",
        0.5,
    ),
    _warning(
        "personal_data",
        f"SELECT count(*) FROM this WHERE kind IN {_sql_list(PERSONAL_DATA)}",
        "personal data in texts that a model may repeat",
        0,
        reads=(),
    ),
    _warning(
        "grader_address_share",
        share("grader_address"),
        "texts that address who compares or scores them",
        0.01,
    ),
    _warning(
        "language_outlier_share", share("language_outlier"), "texts in another language than the rest", 0.05
    ),
)
