"""The models that commands name: with stored answers, and refused in a sentence without."""

from collections.abc import Collection, Sequence
from typing import TypeVar

from assets.cli.printing import say
from assets.profile.evaluation import CANARIES
from datasets_registry.documents import meant
from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from datasets_registry.rows.row import Row
from quality.evaluation.report.places import Places, asked_alike, places, same_weights
from quality.evaluation.report.stored import Stored

R = TypeVar("R", bound=Row)


def stored(registry: Registry, *named: str) -> tuple[Stored, list[str]]:
    """The answers of these models to the same items, and the models that gave them.

    Raises BadInput where a model has no answers, has the weights of another, or was asked other items;
    UnpassedVersion where no answers of a model passed.
    """
    held = evaluated(registry)
    models = [_model(registry, model, held) for model in named]
    if len({*models}) < len(models):
        raise BadInput(
            f"{' and '.join(named)} have the same weights, those of {models[0]}, so that nothing differs: "
            'name another model (where rounds stopped, `trimtab sql "FROM rounds"` says why)'
        )
    return Stored(registry, asked_alike(registry, models, held)), models


def evaluated(registry: Registry) -> Places:
    """Where the answers of each model are; what gives nothing is none, nor are rounds that were not asked."""
    asked = {
        model: [name for name in names if (newest := registry.newest(name)) and newest.num_rows]
        for model, names in places(registry).items()
    }
    return {model: names for model, names in asked.items() if names and model != CANARIES}


def _model(registry: Registry, model: str, held: Places) -> str:
    """The model whose answers are shown: itself, or one of exactly its weights."""
    if model in held:
        return model
    there = f"evaluated are {', '.join(sorted(held))}" if held else "no model is evaluated yet"
    if model not in registry.names("model"):
        near = meant(model, [*held, *registry.names("model")])
        raise BadInput(f"no model {model!r}{near}: {there}, and `trimtab models` lists all")
    other = same_weights(registry, model, held)
    if other is None:
        raise BadInput(f"{model!r} is not evaluated yet ({there}): `trimtab evaluate {model}` does it")
    say(f"{model} has the weights of {other}, whose answers these are", on_stderr=True)
    return other


def require_distinct(models: Sequence[str]) -> None:
    """Raise BadInput where a model is compared with itself."""
    twice = next((model for model in models if models.count(model) > 1), None)
    if twice:
        raise BadInput(f"{twice!r} cannot be compared with itself: name another model")


def of_suites(rows: Sequence[R], suites: Collection[str]) -> list[R]:
    """The rows of these suites, of all where none is named; raises BadInput for one that has no row."""
    there = sorted({str(vars(row)["suite"]) for row in rows})
    if unknown := sorted({*suites} - {*there}):
        measured = f"measured are {', '.join(there)}" if there else "nothing is measured"
        raise BadInput(
            f"nothing measured {unknown[0]!r}{meant(unknown[0], there)}: {measured}; name it in "
            "evaluation.suites of the profile, and `trimtab evaluate` again"
        )
    return [row for row in rows if not suites or vars(row)["suite"] in suites]
