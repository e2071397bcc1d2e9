"""Rules that several datasets share, as checks of one of them."""

from quality.checks.check import Check

SOURCES = ("red_team_prompts", "helpful_prompts")


def blank(column: str) -> str:
    """SQL that holds where the column has nothing but white space."""
    # trim() alone leaves tabs and line breaks
    return f"regexp_full_match({column}, '\\s*')"


def no_rows(dataset: str) -> Check:
    """At least one row."""
    return Check(dataset, "has_rows", "SELECT count(*) FROM this", "a dataset without rows", at_least=1)


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
    """Each prompt is the source's, word for word."""
    union = " UNION ALL ".join(f"SELECT {key}, prompt FROM {one}" for one in sources)
    return Check(
        dataset,
        "prompt_equals_source",
        f"SELECT count(*) FROM this LEFT JOIN ({union}) AS source USING ({key})"
        " WHERE source.prompt IS NULL OR source.prompt <> this.prompt",
        f"rows whose prompt is not the source's, such as {such_as}",
        at_most=0,
        reads=sources,
    )


def not_held_out(dataset: str, *sources: str, what: str = "prompt") -> Check:
    """No row of a group that is held out in ``sources``, which are the prompt sets where none is named."""
    sources = sources or SOURCES
    groups = " UNION ALL ".join(
        f"SELECT split_group FROM {one} WHERE split = 'evaluation'" for one in sources
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
        "prompt groups in both training and evaluation",
        at_most=0,
    )
