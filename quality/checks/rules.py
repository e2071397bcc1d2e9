"""Rules that several datasets share, each as a check of one dataset."""

from datasets_registry.rows.prompts import PROMPT_SETS
from quality.checks.check import Check

# the prompts of a round, among which are variants that no prompt set has, and those that its policy failed on
ROUND_PROMPTS, FAILURES = "round_prompts", "red_team_failures"


def blank(column: str) -> str:
    """SQL that is true where the column is empty or only white space."""
    # trim() alone leaves tabs and line breaks
    return f"regexp_full_match({column}, '\\s*')"


def no_rows(dataset: str, why: str = "") -> Check:
    """At least one row; ``why`` is SQL that says what left none."""
    return Check(
        dataset, "has_rows", "SELECT count(*) FROM this", "a dataset without rows", at_least=1, why=why
    )


def no_empty(dataset: str, *columns: str) -> Check:
    """No row whose named texts are blank."""
    empty = " OR ".join(map(blank, columns))
    return Check(
        dataset,
        "no_empty_text",
        f"SELECT count(*) FROM this WHERE {empty}",
        f"rows with an empty {' or '.join(columns)}",
        at_most=0,
    )


def source_prompt(
    dataset: str, *sources: str, key: str = "prompt_id", such_as: str = "truncated ones"
) -> Check:
    """Each prompt equals its source's, word for word; a round's prompts are one where it reads them."""
    own = (ROUND_PROMPTS,) if key == "prompt_id" else ()
    # a prompt that a round takes of a set counts once
    union = " UNION ".join(f"SELECT {key}, prompt FROM {source}" for source in (*sources, *own))
    return Check(
        dataset,
        "prompt_equals_source",
        f"SELECT count(*) FROM this LEFT JOIN ({union}) AS source USING ({key})"
        " WHERE source.prompt IS NULL OR source.prompt <> this.prompt",
        f"rows whose prompt differs from the source's, such as {such_as}",
        at_most=0,
        reads=sources,
        own=own,
    )


def not_held_out(dataset: str, *sources: str, what: str = "prompt") -> Check:
    """No row of a group that is held out in ``sources``, by default the prompt sets."""
    sources = sources or PROMPT_SETS
    groups = " UNION ALL ".join(
        f"SELECT split_group FROM {source} WHERE split = 'evaluation'" for source in sources
    )
    return Check(
        dataset,
        f"no_evaluation_{what}",
        f"SELECT count(*) FROM this WHERE split_group IN ({groups})",
        f"training rows whose {what} group is held out for evaluation",
        at_most=0,
        reads=sources,
    )


def splits_apart(dataset: str) -> Check:
    """No prompt group in both splits."""
    return Check(
        dataset,
        "splits_apart",
        "SELECT count(*) FROM (SELECT split_group FROM this GROUP BY ALL HAVING count(DISTINCT split) > 1)",
        "prompt groups that are in both splits",
        at_most=0,
    )


def problem_rules(dataset: str) -> tuple[Check, ...]:
    """Each prompt is its problem's, and no problem is held out."""
    return (
        not_held_out(dataset, "problems", what="problem"),
        source_prompt(dataset, "problems", key="problem_id", such_as="those with the hint left in"),
    )
