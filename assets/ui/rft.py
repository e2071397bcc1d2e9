"""What the UI shows of candidates and selections, by SQL over many rows."""

from typing import Any

import dagster as dg
import duckdb

from assets.ui.charts import curves, stacked
from assets.ui.tables import shown_table

MOST_PATHS = 24

# a problem without an accepted sample says nothing about more samples than it had
_SOLVED = """
WITH problems AS (
    SELECT policy, problem_id, any_value(num_draws) AS num_draws,
           min(sample) FILTER (accepted) + 1 AS first_accepted
    FROM this WHERE NOT hinted GROUP BY ALL
), counts AS (SELECT DISTINCT first_accepted AS k FROM problems WHERE first_accepted IS NOT NULL
              UNION SELECT max(num_draws) FROM problems)
SELECT policy, k, avg((coalesce(first_accepted, num_draws + 1) <= k)::INT) AS share
FROM problems, counts WHERE k IS NOT NULL AND (num_draws >= k OR first_accepted <= k)
GROUP BY ALL ORDER BY ALL
"""
_ACCEPTANCE = """
SELECT policy, difficulty, avg(accepted::INT) AS share, count(*) AS samples FROM this
WHERE NOT hinted AND accepted IS NOT NULL GROUP BY ALL ORDER BY ALL
"""
_COUNTS = """
SELECT count(*) FILTER (accepted) AS accepted, count(*) FILTER (NOT accepted) AS rejected,
       count(*) FILTER (accepted IS NULL) AS failed, count(*) FILTER (reason = 'truncated') AS truncated,
       count(*) FILTER (hinted) AS hinted, count(DISTINCT (problem_id, path)) FILTER (accepted) AS paths,
       sum(num_tokens)::BIGINT AS tokens
FROM this
"""
_SELECTED = """
SELECT count(DISTINCT problem_id) FILTER (kind <> 'gold') AS problems,
       count(*) FILTER (kind = 'sampled') AS sampled, count(*) FILTER (kind = 'gold') AS gold,
       count(*) FILTER (kind = 'rationalised') AS rationalised,
       coalesce(avg((pass_rate > 0.9)::INT) FILTER (kind = 'sampled'), 0) AS easy_share
FROM this
"""
_PATHS = """
SELECT paths, count(*) FROM (SELECT problem_id, count(*) AS paths FROM this WHERE kind <> 'gold' GROUP BY ALL)
GROUP BY ALL ORDER BY ALL
"""


def candidates_summary(connection: "duckdb.DuckDBPyConnection") -> dict[str, Any]:
    """Counts, acceptance by difficulty, and the share of problems solved within k samples."""
    counts = _record(connection, _COUNTS)
    accepted = counts["accepted"]
    return counts | {
        "acceptance": accepted / max(accepted + counts["rejected"], 1),
        "tokens_per_accepted": counts["tokens"] / max(accepted, 1),
        "acceptance_by_difficulty": acceptance_plot(connection),
        "solved_within_k": solved_plot(connection),
    }


def acceptance_plot(connection: "duckdb.DuckDBPyConnection") -> dg.MetadataValue:
    """Accepted share of samples by policy and difficulty, with a bar."""
    rows = connection.execute(_ACCEPTANCE).fetchall()
    shown = [
        (policy, difficulty, share, samples, "█" * round(10 * share))
        for policy, difficulty, share, samples in rows
    ]
    return shown_table(("policy", "difficulty", "accepted share", "samples", "0 to 1"), shown)


def solved_plot(connection: "duckdb.DuckDBPyConnection") -> dg.MetadataValue:
    """Pass@k: share of problems with an accepted answer among the first k samples, whatever the rule."""
    by_policy: dict[str, list[tuple[float, float]]] = {}
    for policy, k, share in pass_at_k(connection):
        by_policy.setdefault(policy, []).append((k, share))
    return curves("pass@k", "samples k; solved (pass@k)", by_policy, share=True)


def pass_at_k(connection: "duckdb.DuckDBPyConnection") -> list[tuple[str, int, float]]:
    """Policy, k, and the share of its problems that are solved within k samples."""
    rows: list[tuple[str, int, float]] = connection.execute(_SOLVED).fetchall()
    return rows


def selections_summary(connection: "duckdb.DuckDBPyConnection") -> dict[str, Any]:
    """Counts by kind, the share of easy problems, and the distinct paths kept by problem."""
    return _record(connection, _SELECTED) | {"distinct_paths": paths_plot(connection)}


def paths_plot(connection: "duckdb.DuckDBPyConnection") -> dg.MetadataValue:
    """Problems by how many distinct completions are kept."""
    counts = connection.execute(_PATHS).fetchall()
    most = min(max((paths for paths, _ in counts), default=1), MOST_PATHS)
    heights = [0.0] * most
    for paths, problems in counts:
        heights[min(paths, most) - 1] += problems
    end = f"{most} and more" if most == MOST_PATHS else most
    return stacked("distinct paths", "distinct paths kept; problems", (1, end), {"problems": heights})


def _record(connection: "duckdb.DuckDBPyConnection", query: str) -> dict[str, Any]:
    result = connection.execute(query)
    columns = [column[0] for column in result.description]
    (row,) = result.fetchall()
    return {column: 0 if value is None else value for column, value in zip(columns, row, strict=True)}
