"""What the UI shows of a version: row count, columns, sample rows, figures and small plots."""

from collections.abc import Container, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import dagster as dg
import pyarrow as pa

from assets.ui.keys import key_of
from assets.ui.plots import training_plot
from datasets_registry.manifest import Manifest
from datasets_registry.plain_text import plain
from datasets_registry.rows.row import Row, arrow_schema
from datasets_registry.version import CheckResult, Version
from quality.auditing.overruling import BY_HAND

SAMPLE_ROWS = 5
CELL_CHARACTERS = 120


def column_schema(row: type[Row]) -> dg.TableSchema:
    """The row type's columns with types, meaning and nullability."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                field.name,
                str(field.type),
                description=row.model_fields[field.name].description,
                constraints=dg.TableColumnConstraints(nullable=field.nullable),
            )
            for field in arrow_schema(row)
        ]
    )


def _cell(value: Any) -> str | int | float | bool | None:
    if value is None or isinstance(value, bool | int | float):
        return value
    text = plain(str(value))
    return text if len(text) <= CELL_CHARACTERS else text[: CELL_CHARACTERS - 1] + "…"


def sample(table: pa.Table) -> dg.TableMetadataValue:
    """The first rows, long texts cut."""
    rows = table.slice(0, SAMPLE_ROWS).to_pylist()
    records = [{column: _cell(value) for column, value in row.items()} for row in rows]
    # a column that is null throughout the sample would have no type of its own
    columns = [column for column in table.column_names if any(row[column] is not None for row in records)]
    return dg.MetadataValue.table(
        records=[
            dg.TableRecord({column: "" if row[column] is None else row[column] for column in columns})
            for row in records
        ],
        schema=dg.TableSchema(columns=[dg.TableColumn(column, "string") for column in columns]),
    )


def dataset_metadata(
    version: Version, table: pa.Table | None, figures: Mapping[str, Any] = MappingProxyType({})
) -> dict[str, Any]:
    """Row count, version, figures and a sample of a dataset version; the sample is widest and stands last.

    There is no sample without a ``table``, where figures say all that a row does.
    """
    return {
        "dagster/row_count": version.num_rows or 0,
        "dagster/relation_identifier": str(version),
        "version": version.number,
        **figures,
        **({} if table is None else {"sample": sample(table)}),
    }


def model_metadata(version: Version, manifest: Manifest) -> dict[str, Any]:
    """A trained model's figures, its loss curve, and what it was trained from."""
    return {
        "version": version.number,
        "base": str(manifest.base),
        "trained_on": ", ".join(map(str, manifest.datasets.values())),
        "seconds": float(manifest.seconds or 0.0),
        **{
            figure: value
            for figure, value in (
                ("stored", manifest.stored),
                ("kept_by_bfloat16", manifest.kept_by_bfloat16),
            )
            if value is not None
        },
        "training": training_plot(manifest),
        **{f"rows_{kind}": int(count) for kind, count in manifest.rows.items()},
        **_steps(manifest),
        **{f"train_{metric}": float(value) for metric, value in manifest.metrics.items()},
    }


def _steps(manifest: Manifest) -> dict[str, float]:
    """Steps of the optimiser, how many of them warm up, and the sum of their rates; none of older models."""
    known = {
        "optimizer_steps": manifest.optimizer_steps,
        "warmup_steps": manifest.warmup_steps,
        "sum_of_rates": manifest.sum_of_rates,
    }
    return {field: value for field, value in known.items() if value is not None}


def check_results(
    asset: str, results: Sequence[CheckResult], blocking: Container[str]
) -> list[dg.AssetCheckResult]:
    """The registry's check results as Dagster's.

    A ``blocking`` check that a person overruled passes, since a red one holds what is built from the asset.
    """
    severities = {"error": dg.AssetCheckSeverity.ERROR, "warning": dg.AssetCheckSeverity.WARN}
    return [
        dg.AssetCheckResult(
            asset_key=key_of(asset),
            check_name=result.check,
            passed=result.passed or (result.check in blocking and result.severity == "warning"),
            severity=severities[result.severity],
            description=plain(result.description),
            metadata={} if result.value is None else {"value": result.value},
        )
        for result in results
        if result.check != BY_HAND
    ]
