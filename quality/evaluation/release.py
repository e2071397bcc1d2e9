"""Whether a model version is released: its gates passed on figures of exactly this version."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from datasets_registry.catalog.line import line_of
from datasets_registry.registry import Registry, is_red
from datasets_registry.rows.evaluation import EvaluationDifference, GateResult, SuiteAnswer, SuiteFigure
from datasets_registry.rows.row import Row
from datasets_registry.rows.types import rows_of
from datasets_registry.version import Derivation, Version
from datasets_registry.views.files import parquet
from datasets_registry.views.scanning import scanning
from quality.evaluation.gate import Gate


@dataclass(frozen=True)
class Release:
    """Whether a model version is released, and otherwise what holds it up, a sentence for each gate.

    ``gates_hold`` says that gates do, and not only checks of a model without gates; ``has_gates`` that there
    are some, whatever they say.
    """

    version: Version
    held_by: tuple[str, ...] = ()
    gates_hold: bool = False
    has_gates: bool = False

    @property
    def released(self) -> bool:
        """Whether nothing holds it up."""
        return not self.held_by

    def __str__(self) -> str:
        return "released" if self.released else f"held: {'; '.join(self.held_by)}"


def release_of(registry: Registry, version: Version, gates: Mapping[str, Gate] | None = None) -> Release:
    """Whether ``version`` of a model is released under those of ``gates`` that hold for it.

    Without ``gates``, under those that its name was last held to. A model without gates is released when its
    checks passed. One that was trained again waits until it is measured again.
    """
    registry, version = _in_its_line(registry, version)
    named = _last_held_to(registry, version.name) if gates is None else _dumped(gates, version.name)
    if version.status != "passed":
        red = next(filter(is_red, registry.checks(version)), None)
        why = f"check {red.check}: {red.description}" if red else "it was never checked"
        return Release(version, (why,), bool(named), bool(named))
    decided = list(_decided(registry, version)) if named else []
    held = (_held(registry, version, name, gate, decided) for name, gate in named.items())
    holding = tuple(filter(None, held))
    return Release(version, holding, bool(holding), bool(named))


def _in_its_line(registry: Registry, version: Version) -> tuple[Registry, Version]:
    """The registry by the names of the version's own line, and the version as that calls it."""
    if version.experiment == registry.records.line.experiment:
        return registry, version
    own = registry.of(line_of(registry.engine, version.experiment))
    return own, own.version(version.plain, version.number)


def _dumped(gates: Mapping[str, Gate], model: str) -> dict[str, Any]:
    """The gates that hold for the model, as a derivation stores them."""
    return {name: gate.model_dump(mode="json") for name, gate in gates.items() if model in gate.models}


def _last_held_to(registry: Registry, model: str) -> dict[str, Any]:
    """The gates of the last decisions of each name that hold for the model."""
    gates: dict[str, Any] = {}
    for dataset in registry.names("dataset"):
        newest = registry.newest(dataset)
        if newest is not None and rows_of(newest) == GateResult.dataset:
            named = _gates_of(registry.derivation(newest))
            gates |= {name: gate for name, gate in named.items() if model in gate["models"]}
    return gates


Decided = tuple[Version, Derivation]


def _decided(registry: Registry, model: Version) -> Iterator[Decided]:
    """Every decision on figures of exactly this version, with how it was made, the last first by name."""
    reached = set(map(str, _results(registry, model)))
    for name in sorted({reference.partition("@")[0] for reference in reached}):
        for version, how in registry.records.derivations(name):
            if str(version) in reached:
                yield version, how


def _results(registry: Registry, model: Version) -> Iterator[Version]:
    """The gate results that stand on figures of this version's own answers.

    Answers that it judged, or that are compared with its own, are another model's.
    """
    for answers in _made_from(registry, [model], SuiteAnswer):
        if _answers(registry, answers, model.name):
            figures = _made_from(registry, [answers], SuiteFigure, EvaluationDifference)
            yield from _made_from(registry, figures, GateResult)


def _made_from(registry: Registry, inputs: Iterable[Version], *rows: type[Row]) -> list[Version]:
    kinds = {row.dataset for row in rows}
    made = (version for source in inputs for version in registry.built_from(source))
    return [version for version in made if version.kind == "dataset" and rows_of(version) in kinds]


def _answers(registry: Registry, answers: Version, model: str) -> bool:
    """Whether the answers are the model's own."""
    with scanning(registry.state) as connection:
        files = parquet(registry.files(answers))
        own = connection.execute(f"SELECT count(*) FROM {files} WHERE model = ?", [model]).fetchone()
    return own is not None and own[0] > 0


def _gates_of(how: Derivation) -> Mapping[str, Any]:
    gates = how.settings.get("gates")
    return gates if isinstance(gates, Mapping) else {}


def _held(registry: Registry, model: Version, name: str, gate: Any, decided: list[Decided]) -> str | None:
    """Why the gate holds the model up; None where it passed, or a person passed the decisions."""
    same = (version for version, how in decided if _same(_gates_of(how).get(name), gate))
    version = next(same, None)
    if version is None:
        return f"gate {name}: {model} is not measured yet"
    row = next(
        (row for row in registry.rows(GateResult, version) if (row.model, row.gate) == (model.name, name)),
        None,
    )
    if row is None:
        return f"gate {name}: {version} decides nothing of {model}"
    return None if row.passed or version.status == "passed" else f"gate {name}: {row.why}"


def _same(decided: Any, gate: Mapping[str, Any]) -> bool:
    """Whether two gates bound the same by the same, of whichever models."""
    return decided is not None and {**decided, "models": None} == {**gate, "models": None}
