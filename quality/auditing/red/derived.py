"""SQL that finds the rows which a check counts, derived from the SQL of its figure."""

import re
from collections.abc import Sequence

from quality.checks.check import Check

# whether a row is one of those of which the share is
COUNTED = "counted"
_COUNT = "SELECT count(*) FROM "
_PART = "SELECT count(*) / "
# of a share of texts, the findings in them
_FINDINGS = re.compile(r"count\(DISTINCT row_id\) AS num_found FROM this WHERE (kind IN \([^)]*\))")
_SHARE = re.compile(r"SELECT (?:coalesce\()?avg\(")
# of figures that are no count and no share of rows: which rows, or which groups of rows, a person looks at
_OWN = {
    (
        "ai_judgements",
        "principle_balance",
    ): "SELECT * FROM (SELECT signal, principle_id,"
    " count(DISTINCT pair_id) AS num_pairs FROM this GROUP BY ALL)"
    " QUALIFY num_pairs = max(num_pairs) OVER (PARTITION BY signal)",
    ("cai_revisions", "harmlessness_gain"): "SELECT * FROM this WHERE kind = 'red_team'"
    " AND harmlessness < draft_harmlessness",
    ("preference_pairs", "mean_margin"): "SELECT * FROM this WHERE abs(p_a - 0.5) > 0.45",
    ("principle_audit", "revisions_win"): "SELECT * FROM this WHERE num_scored > 0 AND win_rate < 0.5",
    ("review_agreement", "enough_reviewed"): "SELECT * FROM this WHERE figure = 'waiting' AND required"
    " AND value > 0",
    ("evaluation_answers", "missing_grades"): "SELECT * FROM this"
    " WHERE len(list_filter(grades, lambda grade: grade.failure IS NOT NULL)) > 0",
    ("verdict", "nothing_warns"): "SELECT * FROM this WHERE len(warnings) > 0",
    ("round_prompts", "fed_in_equal_number"): "SELECT * FROM this WHERE origin IN ('failure', 'variant')",
    **{
        (
            "candidates",
            name,
        ): "SELECT policy, difficulty, avg(accepted::INT) AS share, count(*) AS num_samples"
        " FROM this WHERE NOT hinted AND accepted IS NOT NULL GROUP BY ALL"
        f" HAVING count(*) >= 20 AND share {outside}"
        for name, outside in (("acceptance", "> 0.98"), ("acceptance_by_difficulty", "< 0.01"))
    },
}


def offending(check: Check, key: Sequence[str], value: float) -> str | None:
    """A query of the rows that offend, over ``this`` and what the check reads; None of a figure of the whole.

    ``key`` are the columns that name a row, which it has wherever rows are looked at one by one; ``value`` is
    the figure, which may miss either of two bounds.
    """
    if own := _OWN.get((check.dataset, check.name)):
        return own
    if callable(check.measure):
        return None
    measure = one_line(check.measure)
    if check.at_most is not None and (counted := _last_count(measure)) is not None:
        return with_ids(f"{measure[:counted]}SELECT * FROM {measure[counted + len(_COUNT) :]}", key)
    if findings := _FINDINGS.search(measure):
        return f"SELECT * FROM this WHERE {findings[1]}"
    if measure.startswith(_PART) and (source := _from(measure, 0)) is not None:
        return f"SELECT * FROM {source}"
    return _of_share(measure, check, value)


def one_line(sql: str) -> str:
    """SQL without its comments, on one line."""
    return " ".join(re.sub(r"(?m)(^|\s)--\s.*$", "", sql).split())


def _last_count(measure: str) -> int | None:
    """Where the outermost query counts rows, and does nothing else with the number."""
    places = [match.start() for match in re.finditer(re.escape(_COUNT), measure)]
    return next((place for place in reversed(places) if _depth(measure[:place]) == 0), None)


def _depth(sql: str) -> int:
    return sql.count("(") - sql.count(")")


def _of_share(measure: str, check: Check, value: float) -> str | None:
    """The rows of which a share's condition holds where there are too many, and fails where too few."""
    start = _SHARE.match(measure)
    if start is None:
        return None
    end = _closing(measure, start.end())
    condition = measure[start.end() : end]
    source = _from(measure, end + 1)
    if source is None or not condition.endswith("::INT"):
        return None
    # what stands for the share of no rows
    source = re.sub(r" HAVING count\(\*\) > 0 UNION ALL .*$", "", source)
    holds = condition.removesuffix("::INT")
    too_few = check.at_least is not None and value < check.at_least
    return f"SELECT * FROM (SELECT *, {holds} AS {COUNTED} FROM {source}) WHERE {COUNTED} IS {not too_few}"


def _closing(sql: str, start: int) -> int:
    """Where the bracket that is open at ``start`` closes."""
    depth = 1
    for place in range(start, len(sql)):
        depth += {"(": 1, ")": -1}.get(sql[place], 0)
        if depth == 0:
            return place
    return len(sql)


def _from(sql: str, start: int) -> str | None:
    """What stands behind the query's own FROM."""
    depth = _depth(sql[:start])
    for match in re.finditer(" FROM ", sql[start:]):
        if depth + _depth(sql[start : start + match.start()]) == 0:
            return sql[start + match.end() :]
    return None


def with_ids(sql: str, key: Sequence[str]) -> str:
    """The query with the columns that name a row, or a group, where the one within leaves them out."""
    match = re.match(r"SELECT \* FROM \(SELECT ", sql)
    if match is None:
        return sql
    inner = sql[match.end() : _closing(sql, match.start() + len("SELECT * FROM ("))]
    source = _from(inner, 0)
    if source is None:
        return sql
    listed = inner[: len(inner) - len(source) - len(" FROM ")]
    group = re.search(r" GROUP BY ([\w, ]+?)(?: HAVING|$)", inner)
    named = key if group is None else () if group[1] == "ALL" else group[1].split(", ")
    missing = [name for name in named if not re.search(rf"(^|, ){name}(,|$)", listed)]
    if "*" in re.sub(r"count\(\*\)", "", listed) or not missing:
        return sql
    return f"{sql[: match.end()]}{', '.join(missing)}, {sql[match.end() :]}"
