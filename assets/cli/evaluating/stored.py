"""The models that commands name: with stored answers, and refused in a sentence without."""

from collections.abc import Collection, Iterable, Sequence
from typing import TypeVar

from assets.profile.evaluation import CANARIES
from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from datasets_registry.rows.row import Row
from quality.evaluation.report.stored import ANSWERS, Stored, answers_of

R = TypeVar("R", bound=Row)


def stored(registry: Registry, models: Iterable[str]) -> Stored:
    """The answers of these models; raises BadInput where one has none, UnpassedVersion where none passed."""
    return Stored(registry, {model: registry.resolve(_name_of(registry, model)) for model in models})


def evaluated(registry: Registry) -> list[str]:
    """The models that have answers; what gives nothing is none."""
    names = [name.removeprefix(ANSWERS) for name in registry.names("dataset") if name.startswith(ANSWERS)]
    return [name for name in names if name != CANARIES]


def _name_of(registry: Registry, model: str) -> str:
    known = evaluated(registry)
    if model in known:
        return answers_of(model)
    there = f"evaluated are {', '.join(known)}" if known else "no model is evaluated yet"
    if model in registry.names("model"):
        raise BadInput(f"{model!r} is not evaluated yet ({there}): `trimtab evaluate {model}` does it")
    raise BadInput(f"no model {model!r}: {there}, and `trimtab models` lists all")


def require_two(model: str, baseline: str) -> None:
    """Raise BadInput where a model is compared with itself."""
    if model == baseline:
        raise BadInput(f"{model!r} differs from itself in nothing: name another model to compare it with")


def of_suites(rows: Sequence[R], suites: Collection[str]) -> list[R]:
    """The rows of these suites, of all where none is named; raises BadInput for one that has no row."""
    there = sorted({str(vars(row)["suite"]) for row in rows})
    if unknown := sorted({*suites} - {*there}):
        measured = f"measured are {', '.join(there)}" if there else "nothing is measured"
        raise BadInput(
            f"nothing measured {unknown[0]!r}: {measured}; name it in evaluation.suites of the profile, and "
            "`trimtab evaluate` again"
        )
    return [row for row in rows if not suites or vars(row)["suite"] in suites]
