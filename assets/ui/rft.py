"""What the UI shows of candidates and selections, by SQL over many rows."""

from typing import Any

import dagster as dg
import duckdb

from assets.ui.plots import BLUE, ORANGE, picture

# a problem that stopped without an accepted draw says nothing about more draws than it had
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
SELECT policy, difficulty, avg(accepted::INT) AS share, count(*) AS draws FROM this
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
    """Counts, acceptance by difficulty, and the share of problems solved within k draws."""
    counts = _record(connection, _COUNTS)
    accepted = counts["accepted"]
    return counts | {
        "acceptance": accepted / max(accepted + counts["rejected"], 1),
        "tokens_per_accepted": counts["tokens"] / max(accepted, 1),
        "acceptance_by_difficulty": acceptance_plot(connection),
        "solved_within_k": solved_plot(connection),
    }


def acceptance_plot(connection: "duckdb.DuckDBPyConnection") -> dg.MetadataValue:
    """Accepted share of draws by difficulty, a bar per policy."""
    found = connection.execute(_ACCEPTANCE).fetchall()
    policies = list(dict.fromkeys(one[0] for one in found))
    levels = sorted({-1 if one[1] is None else one[1] for one in found})

    def draw(axes: Any) -> None:
        width = 0.8 / max(len(policies), 1)
        for place, policy in enumerate(policies):
            shares = {
                -1 if level is None else level: share for name, level, share, _ in found if name == policy
            }
            places = [levels.index(one) + place * width for one in shares]
            axes.bar(places, list(shares.values()), width, color=[BLUE, ORANGE][place % 2], label=policy)
        middle = 0.4 - width / 2
        axes.set_xticks(
            [one + middle for one in range(len(levels))], ["?" if one < 0 else one for one in levels]
        )
        axes.set(xlabel="difficulty", ylabel="accepted share", ylim=(0, 1))
        if policies:
            axes.legend(frameon=False, fontsize=8)

    return picture("acceptance by difficulty", draw)


def solved_plot(connection: "duckdb.DuckDBPyConnection") -> dg.MetadataValue:
    """Pass@k: share of problems with an accepted one among the first k draws, whatever the rule."""
    found = solved(connection)

    def draw(axes: Any) -> None:
        for place, policy in enumerate(dict.fromkeys(one[0] for one in found)):
            points = [(k, share) for name, k, share in found if name == policy]
            axes.plot(
                *zip(*points, strict=True), "o-", color=[BLUE, ORANGE][place % 2], label=policy, markersize=4
            )
        axes.set(xlabel="draws k", ylabel="solved (pass@k)", ylim=(0, 1))
        if found:
            axes.legend(frameon=False, fontsize=8)

    return picture("pass@k", draw)


def solved(connection: "duckdb.DuckDBPyConnection") -> list[tuple[str, int, float]]:
    """Policy, k, and the share of its problems that are solved within k draws."""
    found: list[tuple[str, int, float]] = connection.execute(_SOLVED).fetchall()
    return found


def selections_summary(connection: "duckdb.DuckDBPyConnection") -> dict[str, Any]:
    """Counts by kind, dominance of easy problems, and how many distinct paths problems keep."""
    return _record(connection, _SELECTED) | {"distinct_paths": paths_plot(connection)}


def paths_plot(connection: "duckdb.DuckDBPyConnection") -> dg.MetadataValue:
    """Problems by how many distinct completions are kept."""
    found = connection.execute(_PATHS).fetchall()

    def draw(axes: Any) -> None:
        axes.bar([one[0] for one in found], [one[1] for one in found], color=BLUE)
        axes.set(xlabel="distinct paths kept", ylabel="problems")
        axes.xaxis.get_major_locator().set_params(integer=True)

    return picture("distinct paths", draw)


def _record(connection: "duckdb.DuckDBPyConnection", query: str) -> dict[str, Any]:
    found = connection.execute(query)
    names = [one[0] for one in found.description]
    (row,) = found.fetchall()
    return {name: 0 if value is None else value for name, value in zip(names, row, strict=True)}
