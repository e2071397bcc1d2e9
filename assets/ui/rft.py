"""What the UI shows of candidates and selections, by SQL over many rows."""

from typing import Any

import dagster as dg
import duckdb

from assets.ui.plots import BLUE, ORANGE, picture

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
    """Accepted share of samples by difficulty, a bar per policy."""
    rows = connection.execute(_ACCEPTANCE).fetchall()
    policies = list(dict.fromkeys(policy for policy, *_ in rows))
    levels = sorted({_level(difficulty) for _, difficulty, *_ in rows})

    def draw(axes: Any) -> None:
        width = 0.8 / max(len(policies), 1)
        for index, policy in enumerate(policies):
            shares = {_level(difficulty): share for owner, difficulty, share, _ in rows if owner == policy}
            bars = [levels.index(level) + index * width for level in shares]
            axes.bar(bars, list(shares.values()), width, color=[BLUE, ORANGE][index % 2], label=policy)
        middle = 0.4 - width / 2
        ticks = [index + middle for index in range(len(levels))]
        axes.set_xticks(ticks, ["?" if level < 0 else level for level in levels])
        axes.set(xlabel="difficulty", ylabel="accepted share", ylim=(0, 1))
        if policies:
            axes.legend(frameon=False, fontsize=8)

    return picture("acceptance by difficulty", draw)


def _level(difficulty: int | None) -> int:
    """The difficulty, or -1 where it is unknown."""
    return -1 if difficulty is None else difficulty


def solved_plot(connection: "duckdb.DuckDBPyConnection") -> dg.MetadataValue:
    """Pass@k: share of problems with an accepted answer among the first k samples, whatever the rule."""
    curve = pass_at_k(connection)

    def draw(axes: Any) -> None:
        for index, policy in enumerate(dict.fromkeys(policy for policy, *_ in curve)):
            points = [(k, share) for owner, k, share in curve if owner == policy]
            color = [BLUE, ORANGE][index % 2]
            axes.plot(*zip(*points, strict=True), "o-", color=color, label=policy, markersize=4)
        axes.set(xlabel="samples k", ylabel="solved (pass@k)", ylim=(0, 1))
        if curve:
            axes.legend(frameon=False, fontsize=8)

    return picture("pass@k", draw)


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

    def draw(axes: Any) -> None:
        axes.bar([paths for paths, _ in counts], [problems for _, problems in counts], color=BLUE)
        axes.set(xlabel="distinct paths kept", ylabel="problems")
        axes.xaxis.get_major_locator().set_params(integer=True)

    return picture("distinct paths", draw)


def _record(connection: "duckdb.DuckDBPyConnection", query: str) -> dict[str, Any]:
    result = connection.execute(query)
    columns = [column[0] for column in result.description]
    (row,) = result.fetchall()
    return {column: 0 if value is None else value for column, value in zip(columns, row, strict=True)}
