"""What one model version is: its run, data, chain of models, evaluations, checks and files."""

from collections.abc import Iterator, Mapping

from datasets_registry.catalog.kept import Kept, kept_since
from datasets_registry.catalog.tags import tags_at
from datasets_registry.errors import BadInput
from datasets_registry.inspecting.chain import Ancestor, ancestors
from datasets_registry.inspecting.listing import behind
from datasets_registry.inspecting.model_facts import (
    ModelFacts,
    is_given,
    manifest_of,
    model_facts,
    named_version,
)
from datasets_registry.inspecting.record import Record
from datasets_registry.registry import Registry
from datasets_registry.rows.types import ROW_TYPES, rows_of
from datasets_registry.version import CheckResult, Status, Version
from datasets_registry.views.files import parquet
from datasets_registry.views.scanning import ResultRow, columns, records, scanning


class TrainingData(Record):
    """A dataset version that a model was trained on."""

    version: str
    data_version: str
    status: Status
    rows: int | None


class Evaluation(Record):
    """A dataset version with rows about a model: how many, and the rows themselves where they are figures."""

    version: str
    status: Status
    data_version: str
    rows: int
    figures: tuple[ResultRow, ...]


class ModelFile(Record):
    """A file of a model's folder."""

    file: str
    bytes: int


class ModelDetails(Record):
    """All about a model version.

    ``settings`` are the trainer's and the run's. ``newest`` is the last build of the name, and ``behind``
    the newer data. ``chain`` has the models that it goes back to, itself first. ``kept`` says why it counts,
    or counted, as made by newer code.
    """

    facts: ModelFacts
    settings: Mapping[str, object]
    newest: str
    tags: tuple[str, ...]
    datasets: Mapping[str, TrainingData]
    chain: tuple[Ancestor, ...]
    behind: tuple[str, ...]
    evaluations: tuple[Evaluation, ...]
    code_version: str
    run_id: str | None
    kept: tuple[Kept, ...]
    checks: tuple[CheckResult, ...]
    files: tuple[ModelFile, ...]

    def dump(self) -> dict[str, object]:
        """The details as plain values for JSON, beside the facts and not around them."""
        own = super().dump()
        del own["facts"]
        return self.facts.dump() | own


def model_details(registry: Registry, version: Version) -> ModelDetails:
    """All about ``version``.

    Raises BadInput where it is a dataset, and BrokenObject where a file or a manifest cannot be read.
    """
    facts, derivation = model_facts(registry, require_model(version)), registry.derivation(version)
    # of a given model the settings say where it lies on this machine
    run_settings = {} if is_given(registry, version) else derivation.settings
    return ModelDetails(
        facts=facts,
        settings={**facts.settings, **run_settings},
        newest=str(registry.newest(version.name) or version),
        tags=tags_at(registry.engine, version),
        datasets=_training_data(registry, version),
        chain=ancestors(registry, version),
        behind=behind(registry, version),
        evaluations=tuple(_evaluations(registry, version)),
        code_version=derivation.code_version,
        run_id=derivation.run_id,
        kept=tuple(kept_since(registry.kept(version.name), derivation.code_version)),
        checks=tuple(registry.checks(version)),
        files=_files(registry, version),
    )


def require_model(version: Version) -> Version:
    """``version`` itself; raises BadInput where it is a dataset."""
    if version.kind != "model":
        raise BadInput(f"{version} is a dataset, not a model: `trimtab show {version}` shows it")
    return version


def _training_data(registry: Registry, version: Version) -> dict[str, TrainingData]:
    """The exact dataset versions by role, as the manifest names them."""
    datasets = manifest_of(registry, version).datasets
    found = {role: named_version(registry, version, data) for role, data in datasets.items()}
    return {role: _trained_on(dataset) for role, dataset in found.items() if dataset}


def _trained_on(dataset: Version) -> TrainingData:
    return TrainingData(
        version=str(dataset),
        data_version=dataset.data_version,
        status=dataset.status,
        rows=dataset.num_rows,
    )


def _evaluations(registry: Registry, model: Version) -> Iterator[Evaluation]:
    """Every dataset version with rows about ``model``, each once.

    They are those that took ``model`` as an input, and those that were computed from them.
    """
    seen: set[str] = set()
    waiting = [model]
    while waiting:
        for version in registry.built_from(waiting.pop(0)):
            evaluation = None if str(version) in seen else _evaluation(registry, version, model.name)
            if evaluation:
                seen.add(str(version))
                waiting.append(version)
                yield evaluation


def _evaluation(registry: Registry, version: Version, model: str) -> Evaluation | None:
    """What the rows of ``version`` say of ``model``; None where they say nothing."""
    row = ROW_TYPES.get(rows_of(version)) if version.kind == "dataset" else None
    if row is None or "model" not in row.model_fields:
        return None
    has_figures = {"metric", "value"} <= row.model_fields.keys()
    of_the_whole = "AND category = 'all'" if "category" in row.model_fields and has_figures else ""
    selected = "* EXCLUDE (model)" if has_figures else "1 AS number"
    order = f"ORDER BY {columns(row.key)}" if has_figures else ""
    with scanning(registry.state) as connection:
        rows = records(
            connection,
            f"SELECT {selected} FROM {parquet(registry.files(version))}"
            f" WHERE model = ? {of_the_whole} {order}",
            [model],
        )
    if not rows:
        return None
    return Evaluation(
        version=str(version),
        status=version.status,
        data_version=version.data_version,
        rows=len(rows),
        figures=tuple(rows) if has_figures else (),
    )


def _files(registry: Registry, version: Version) -> tuple[ModelFile, ...]:
    folder = registry.place(version)
    if not registry.is_here(version):
        sent = version.content["files"].items()
        return tuple(ModelFile(file=name, bytes=file["bytes"]) for name, file in sorted(sent))
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return tuple(ModelFile(file=str(path.relative_to(folder)), bytes=path.stat().st_size) for path in paths)
