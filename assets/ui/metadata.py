"""What the UI shows of a version: row count, columns, sample rows, figures and small plots."""

from collections.abc import Container, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import dagster as dg

from assets.ui.examples import examples, listed, pictured, studio_link
from assets.ui.keys import key_of
from assets.ui.plots import training_plots
from assets.ui.red import Details, bound_of
from datasets_registry.manifest import Manifest
from datasets_registry.plain_text import plain
from datasets_registry.registry import Registry
from datasets_registry.rows.row import Row, arrow_schema
from datasets_registry.version import CheckResult, Version
from generation.progress import Standing
from generation.spending import Total
from quality.auditing.overruling import BY_HAND


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


def dataset_metadata(
    registry: Registry,
    row: type[Row],
    version: Version,
    figures: Mapping[str, Any] = MappingProxyType({}),
    *,
    sampled: bool = True,
) -> dict[str, Any]:
    """Three rows as people read them first; row count, version, figures, and a sample, which is widest, last.

    There is no sample unless ``sampled``, where figures say all that a row does.
    """
    rows = examples(registry, row, version)
    return {
        "rows": pictured(version, rows),
        "dagster/row_count": version.num_rows or 0,
        "dagster/relation_identifier": str(version),
        "version": version.number,
        **figures,
        **({"sample": listed(rows)} if sampled else {}),
    }


def generation_metadata(total: Total) -> dict[str, float | str]:
    """What was generated for a materialization, its rate and price, and how replicas on a cluster did."""
    if not total.calls:
        return {}
    rate = total.tokens_per_second
    return {
        "calls_made": total.calls,
        "tokens_spent": total.tokens,
        **({} if rate is None else {"tokens_per_second": round(rate, 1)}),
        **({"usd_spent": round(total.usd, 4)} if total.usd else {}),
        **{f"replicas_of_{model}": str(standing) for model, standing in total.replicas.items()},
        **_over_replicas(list(total.replicas.values())),
    }


def _over_replicas(standings: Sequence[Standing]) -> dict[str, float]:
    if not standings:
        return {}
    return {
        "replicas": max(standing.ready for standing in standings),
        "asked_again": sum(standing.asked_again for standing in standings),
    }


def model_metadata(version: Version, manifest: Manifest) -> dict[str, Any]:
    """A trained model's figures, its loss curve, and what it was trained from."""
    return {
        "studio": dg.MetadataValue.md(studio_link(version)),
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
        **training_plots(manifest),
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
    asset: str, results: Sequence[CheckResult], blocking: Container[str], details: Details = bound_of
) -> list[dg.AssetCheckResult]:
    """The registry's check results as Dagster's; a red one has its ``details``.

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
            metadata={
                **({} if result.value is None else {"value": result.value}),
                **({} if result.passed else details(result)),
            },
        )
        for result in results
        if result.check != BY_HAND
    ]
