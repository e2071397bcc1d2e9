"""Where the answers of models lie: in the main place, or in that of a round, under whatever name."""

from collections.abc import Mapping, Sequence
from itertools import product

from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import EvaluationItem, SuiteAnswer
from datasets_registry.rows.types import rows_of
from datasets_registry.version import Version

ANSWERS = f"{SuiteAnswer.dataset}/"
# the datasets of the answers of each model, that of the main place first
Places = Mapping[str, Sequence[str]]


def place_of(answers: str) -> str:
    """The place of a dataset of answers, such as ``round_02/``, where their figures lie too."""
    return answers.partition(ANSWERS)[0]


def places(registry: Registry) -> Places:
    """The datasets of answers by the model that gave them."""
    held: dict[str, list[str]] = {}
    for name in sorted(registry.names("dataset"), key=lambda name: (bool(place_of(name)), name)):
        newest = registry.newest(name) if ANSWERS in name else None
        if newest is not None and rows_of(newest) == SuiteAnswer.dataset:
            held.setdefault(model_of(registry, newest), []).append(name)
    return held


def model_of(registry: Registry, answers: Version) -> str:
    """The model that gave the answers: at a place it is one of that place, or one from outside."""
    at, _, model = answers.name.partition(ANSWERS)
    return at + model if at + model in _models(registry, answers) else model


def _models(registry: Registry, answers: Version) -> dict[str, Version]:
    """The models that the answers were made with: who gave them, and who judged them."""
    return {each.name: each for each in registry.derivation(answers).inputs if each.kind == "model"}


def same_weights(registry: Registry, model: str, held: Places) -> str | None:
    """The model whose answers are of exactly the weights of this one's last version; None where none is."""
    weights = registry.latest(model)
    for other, names in held.items():
        answers = registry.latest(names[0])
        answering = _models(registry, answers).get(other) if answers else None
        if weights and answering and answering.data_version == weights.data_version:
            return other
    return None


def asked_alike(registry: Registry, models: Sequence[str], held: Places) -> dict[str, Version]:
    """The last passed answers of each model, all to the same items, and of one place where there are such.

    Raises BadInput where the models were not asked the same items, UnpassedVersion where no answers passed.
    """
    choices = list(product(*(_passed(registry, held[model]) for model in models)))
    for answers in sorted(choices, key=lambda answers: len({place_of(each.name) for each in answers})):
        if len({_asked(registry, each) for each in answers}) == 1:
            return dict(zip(models, answers, strict=True))
    raise BadInput(_asked_otherwise(registry, models, choices[0]))


def _passed(registry: Registry, names: Sequence[str]) -> list[Version]:
    passed = [version for version in map(registry.latest, names) if version is not None]
    # without any, what is wrong with the first one is said
    return passed or [registry.resolve(names[0])]


def items_of(registry: Registry, answers: Version) -> list[Version]:
    """The versions of the items that were asked."""
    return [each for each in registry.derivation(answers).inputs if rows_of(each) == EvaluationItem.dataset]


def _asked(registry: Registry, answers: Version) -> frozenset[str]:
    return frozenset(each.data_version for each in items_of(registry, answers))


def _asked_otherwise(registry: Registry, models: Sequence[str], answers: Sequence[Version]) -> str:
    """That the models were asked different items, which, and what makes them alike."""
    asked = [", ".join(map(str, items_of(registry, each))) or "unknown items" for each in answers]
    which = "; ".join(f"{model} was asked {items}" for model, items in zip(models, asked, strict=True))
    remedy = " and ".join(f"`trimtab evaluate {model}`" for model in models)
    if len({place_of(each.name) for each in answers}) > 1:
        remedy = f"name both in [evaluation] of one profile, then {remedy}"
    return f"{which}; answers to different items are no pairs: {remedy}"
