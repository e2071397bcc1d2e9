"""What one version is: how it was made, its checks, and its columns and first rows or its training run."""

from collections.abc import Mapping
from typing import Any, Literal

from datasets_registry.catalog.kept import Kept, kept_since
from datasets_registry.catalog.tags import tags_at
from datasets_registry.inspecting.model_facts import ModelFacts, model_facts
from datasets_registry.inspecting.record import Record
from datasets_registry.registry import Registry
from datasets_registry.rows.row import Row, arrow_schema
from datasets_registry.rows.types import row_type
from datasets_registry.version import CheckResult, Status, Version
from datasets_registry.views.files import parquet
from datasets_registry.views.scanning import ResultRow, columns, records, scanning


class Column(Record):
    """A column of a dataset."""

    name: str
    type: str
    nullable: bool
    meaning: str | None


class VersionDetails(Record):
    """A version of either kind; ``newest`` is the last build of its name.

    ``kept`` says why it counts, or counted, as made by newer code.
    """

    name: str
    version: int
    kind: Literal["dataset", "model"]
    status: Status
    data_version: str
    created_at: str
    code_version: str
    run_id: str | None
    inputs: tuple[str, ...]
    settings: Mapping[str, object]
    checks: tuple[CheckResult, ...]
    kept: tuple[Kept, ...]
    newest: str
    tags: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


class ModelVersionDetails(VersionDetails):
    """A version of a model."""

    model: ModelFacts


class DatasetVersionDetails(VersionDetails):
    """A version of a dataset; ``sample`` has its first rows, by column."""

    rows: int | None
    grain: str
    key: tuple[str, ...]
    labels: tuple[str, ...]
    columns: tuple[Column, ...]
    sample: tuple[ResultRow, ...]


def version_details(
    registry: Registry, version: Version, num_rows: int
) -> ModelVersionDetails | DatasetVersionDetails:
    """Everything about ``version``; of a dataset with its first ``num_rows`` rows.

    Raises BrokenObject where a file or a manifest cannot be read.
    """
    common = _common(registry, version)
    if version.kind == "model":
        return ModelVersionDetails(**common, model=model_facts(registry, version))
    row = row_type(version)
    return DatasetVersionDetails(
        **common,
        rows=version.num_rows,
        grain=row.grain,
        key=row.key,
        labels=row.label_columns,
        columns=_columns(row),
        sample=_sample(registry, version, num_rows),
    )


def _common(registry: Registry, version: Version) -> dict[str, Any]:
    """The fields that datasets and models share."""
    derivation = registry.derivation(version)
    return {
        "name": version.whole,
        "version": version.number,
        "kind": version.kind,
        "status": version.status,
        "data_version": version.data_version,
        "created_at": version.created_at,
        "code_version": derivation.code_version,
        "run_id": derivation.run_id,
        "inputs": tuple(map(str, derivation.inputs)),
        "settings": derivation.settings,
        "checks": tuple(registry.checks(version)),
        "kept": tuple(kept_since(registry.kept(version.name), derivation.code_version)),
        "newest": str(registry.newest(version.name) or version),
        "tags": tags_at(registry.engine, version),
    }


def _columns(row: type[Row]) -> tuple[Column, ...]:
    return tuple(
        Column(
            name=field.name,
            type=str(field.type),
            nullable=field.nullable,
            meaning=row.model_fields[field.name].description,
        )
        for field in arrow_schema(row)
    )


def _sample(registry: Registry, version: Version, num_rows: int) -> tuple[ResultRow, ...]:
    """The first rows in key order; the files are in key order, so the first files hold them."""
    rows: list[ResultRow] = []
    order = columns(row_type(version).key)
    with scanning(registry.state) as connection:
        for path in registry.files(version):
            left = num_rows - len(rows)
            if left <= 0:
                break
            rows += records(connection, f"SELECT * FROM {parquet([path])} ORDER BY {order} LIMIT {int(left)}")
    return tuple(rows)
