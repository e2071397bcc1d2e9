"""trimtab principles [ID] | judges [--suites | --oversight]: what principles did, how judges judge."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from assets.cli.printing import Csv, Json, open_state, print_json, print_rows, say
from datasets_registry.errors import BadInput

if TYPE_CHECKING:
    from datasets_registry.registry import Registry
    from datasets_registry.version import Version

_MOST = 5
_OF_SUITES = (
    "suite",
    "subset",
    "metric",
    "judge",
    "asked",
    "value",
    "low",
    "high",
    "num_items",
    "num_clusters",
)
_OF_OVERSIGHT = (
    "figure",
    "kind",
    "role",
    "of",
    "part",
    "value",
    "low",
    "high",
    "num_items",
    "num_missing",
    "flagged",
    "says",
)
_REPORTED = "SELECT * FROM {} ORDER BY flagged DESC, role DESC, of, kind, figure, part"
_STEPS = (
    "SELECT prompt_id || '/' || step AS row, prompt, changed, draft_harmlessness, harmlessness, failure"
    " FROM {} WHERE principle_id = ? ORDER BY changed, harmlessness - draft_harmlessness LIMIT ?"
)
_PAIRS = (
    "SELECT pair_id AS row, prompt, label, round(p_a, 3) AS p_a, failure FROM {}"
    " WHERE list_contains(principles, ?) ORDER BY abs(p_a - 0.5) LIMIT ?"
)


def principles(
    principle: Annotated[str | None, typer.Argument(help="Show the weakest rows of this principle.")] = None,
    version: Annotated[str, typer.Option(help="The audit to show.")] = "principle_audit",
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """Show what each principle did, or one's weakest rows.

    For each: critiques, changed texts, margins, ties, disagreement and wins. Bad behaviour that no
    principle covers shows in none of them; a principle that changes nothing or only ties needs another text.
    """
    registry = open_state()
    audit = registry.resolve(version)
    rows = _rows(registry, audit, "SELECT * FROM {} ORDER BY signal, principle_id")
    if principle is None:
        columns = (
            "principle_id",
            "signal",
            "num_critiques",
            "changed_share",
            "win_rate",
            "num_pairs",
            "mean_margin",
            "tie_share",
            "disagreement",
        )
        print_rows(rows, as_json, columns, as_csv)
        return
    if as_csv:
        raise BadInput("--csv lists all principles: name none with it")
    by_id = {row["principle_id"]: row for row in rows}
    if principle not in by_id:
        raise BadInput(f"{audit} has no principle {principle!r}: it has {', '.join(by_id)}")
    _show(registry, by_id[principle], as_json)


def _show(registry: "Registry", row: dict[str, Any], as_json: bool) -> None:
    weakest = {
        dataset: _rows(registry, registry.resolve(dataset), query, row["principle_id"], _MOST)
        for dataset, query in (("cai_revisions", _STEPS), ("preference_pairs", _PAIRS))
    }
    if as_json:
        print_json(row | {"weakest": weakest})
        return
    for column, value in row.items():
        say(f"{column:20} {'' if value is None else value}")
    for dataset, rows in weakest.items():
        say(f"\nweakest rows of {dataset}; `trimtab explain {dataset} ROW` shows why")
        if rows:
            cut = [{**weak, "prompt": weak["prompt"][:60]} for weak in rows]
            print_rows(cut, False, tuple(rows[0]))


def judges(
    version: Annotated[str | None, typer.Option(help="The version to show, if not the newest.")] = None,
    suites: Annotated[bool, typer.Option("--suites", help="Show how judges do on public suites.")] = False,
    oversight: Annotated[
        bool, typer.Option("--oversight", help="Show the report on debates and amplification.")
    ] = False,
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """Show judges' certificates, or figures on suites or debates.

    Beside judges on suites stand the longest, the shortest, the first answer and none at all. Judges and
    debaters that were found out stand first in the report on oversight.
    """
    registry = open_state()
    if oversight:
        shown = registry.resolve(version or "oversight_report")
        print_rows(_rows(registry, shown, _REPORTED), as_json, _OF_OVERSIGHT, as_csv)
        return
    if suites:
        shown = registry.resolve(version or "judge_benchmark")
        rows = _rows(registry, shown, "SELECT * FROM {} ORDER BY suite, subset, metric, judge, asked")
        print_rows(rows, as_json, _OF_SUITES, as_csv)
        return
    shown = registry.resolve(version or "judge_certificate")
    rows = _rows(registry, shown, "SELECT * FROM {} ORDER BY judge, policy, figure")
    columns = (
        "judge",
        "policy",
        "figure",
        "value",
        "low",
        "high",
        "num_items",
        "at_least",
        "at_most",
        "holds",
    )
    print_rows(rows, as_json, columns, as_csv)


def _rows(registry: "Registry", version: "Version", query: str, *parameters: Any) -> list[dict[str, Any]]:
    from datasets_registry.views.files import parquet
    from datasets_registry.views.scanning import records, scanning

    with scanning(registry.state) as connection:
        return records(connection, query.format(parquet(registry.files(version))), parameters)
