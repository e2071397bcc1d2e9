"""What the UI shows of a red check: n, the bound, five rows that offend, their SQL, and what to do."""

from collections.abc import Callable, Sequence
from typing import Any

import dagster as dg

from assets.ui.examples import shown_value, studio_address
from assets.ui.tables import shown_table
from datasets_registry.errors import TrimtabError
from datasets_registry.plain_text import plain_line
from datasets_registry.registry import Registry
from datasets_registry.rows.types import rows_of
from datasets_registry.version import CheckResult, Version
from quality.auditing.red.offenders import Offenders, find_offenders
from quality.auditing.red.remedy import what_to_do
from quality.checks.check import Check
from quality.checks.models import ModelCheck
from quality.checks.table import checks_of_rows

Details = Callable[[CheckResult], dict[str, Any]]
MOST_SQL = 20_000


def bound_of(result: CheckResult) -> dict[str, Any]:
    """What is shown of a red check of which no more is known than its result."""
    return {} if result.threshold is None else {"bound": result.threshold}


def details_of(registry: Registry, version: Version) -> Details:
    """What is shown of each red check of a dataset version, beside its figure."""

    def details(result: CheckResult) -> dict[str, Any]:
        how = registry.derivation(version)
        checks = {check.name: check for check in checks_of_rows(rows_of(version), how)}
        check = checks.get(result.check)
        if check is None:
            return {}
        try:
            offenders = find_offenders(check, result.value, registry, version, how.inputs)
        except TrimtabError as error:
            # a run that made rows does not fail for want of what explains their checks
            return {"not_listed": plain_line(str(error))}
        return parts_of(version, result, check, offenders)

    return details


def model_details_of(version: Version, checks: Sequence[ModelCheck], num_rows: int) -> Details:
    """What is shown of each red check of a model that learned from ``num_rows`` rows."""
    catches = {check.name: check.catches for check in checks}

    def details(result: CheckResult) -> dict[str, Any]:
        what = what_to_do(version, result, catches.get(result.check, "a run to look at"), has_rows=False)
        return {
            "n": num_rows,
            **bound_of(result),
            "studio": dg.MetadataValue.url(studio_address(version)),
            "what_to_do": plain_line(what),
        }

    return details


def parts_of(version: Version, result: CheckResult, check: Check, offenders: Offenders) -> dict[str, Any]:
    """What is shown, by names that the UI sorts: a figure of the whole has no rows."""
    listed = bool(offenders.rows)
    sql = offenders.sql
    return {
        "n": version.num_rows or 0,
        "bound": check.bounds,
        **({"num_offending": offenders.number} if listed else {}),
        **({"offending_rows": _table(offenders)} if listed else {}),
        **({"sql": plain_line(sql)} if sql and len(sql) <= MOST_SQL else {}),
        "studio": dg.MetadataValue.url(studio_address(version)),
        "what_to_do": plain_line(what_to_do(version, result, check.catches, has_rows=listed)),
    }


def _table(offenders: Offenders) -> dg.TableMetadataValue:
    headings = list(offenders.rows[0])
    return shown_table(headings, [[shown_value(row[name]) for name in headings] for row in offenders.rows])
