"""trimtab principles [ID] | judges: what each principle did, and how far each judge can be trusted."""

import json
from typing import Annotated, Any

import typer

from assets.cli.printing import Json, console, open_state, plain, print_rows
from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from datasets_registry.version import Version
from datasets_registry.views.scanning import parquet, records, scanning

_MOST = 5
_STEPS = (
    "SELECT prompt_id || '/' || step AS row, prompt, changed, draft_harmlessness, harmlessness, failure"
    " FROM {} WHERE principle_id = ? ORDER BY changed, harmlessness - draft_harmlessness LIMIT ?"
)
_PAIRS = (
    "SELECT pair_id AS row, prompt, label, round(p_a, 3) AS p_a, failure FROM {}"
    " WHERE list_contains(principles, ?) ORDER BY abs(p_a - 0.5) LIMIT ?"
)


def principles(
    principle: Annotated[str | None, typer.Argument(help="Show the rows it did least for.")] = None,
    version: Annotated[str, typer.Option(help="An audit's version.")] = "principle_audit",
    as_json: Json = False,
) -> None:
    """Show every principle's draws, changes, margins, disagreement and wins; or one principle's weakest rows.

    Bad behaviour that no principle covers has none with a pair or a critique of its kind; a principle
    that should cover it, and ties or changes nothing, needs another text.
    """
    registry = open_state()
    found = registry.resolve(version)
    rows = _rows(registry, found, "SELECT * FROM {} ORDER BY signal, principle_id")
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
        print_rows(rows, as_json, columns)
        return
    known = {one["principle_id"]: one for one in rows}
    if principle not in known:
        raise BadInput(f"{found} has no principle {principle!r}: it has {', '.join(known)}")
    _show(registry, known[principle], as_json)


def _show(registry: Registry, row: dict[str, Any], as_json: bool) -> None:
    weakest = {
        name: _rows(registry, registry.resolve(name), query, row["principle_id"], _MOST)
        for name, query in (("cai_revisions", _STEPS), ("preference_pairs", _PAIRS))
    }
    if as_json:
        print(json.dumps(row | {"weakest": weakest}, indent=2, default=str))
        return
    for name, value in row.items():
        console().print(plain(f"{name:20} {'' if value is None else value}"))
    for name, ones in weakest.items():
        console().print(plain(f"\n{name} in which it did least; `trimtab explain {name} ROW` tells why"))
        if ones:
            print_rows([{**one, "prompt": one["prompt"][:60]} for one in ones], False, tuple(ones[0]))


def judges(
    version: Annotated[str, typer.Option(help="A certificate's version.")] = "judge_certificate",
    as_json: Json = False,
) -> None:
    """Show each judge's certificate: figures with intervals, bounds, and whether they hold."""
    registry = open_state()
    rows = _rows(registry, registry.resolve(version), "SELECT * FROM {} ORDER BY judge, policy, figure")
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
    print_rows(rows, as_json, columns)


def _rows(registry: Registry, version: Version, query: str, *parameters: Any) -> list[dict[str, Any]]:
    with scanning(registry.state) as connection:
        return records(connection, query.format(parquet(registry.files(version))), parameters)
