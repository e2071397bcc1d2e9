"""Sections of which one part is read by the trainer that they name."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from datasets_registry.documents import Location, require_all, validated_at
from datasets_registry.settings import Settings
from training.settings.learning import TrainingSettings
from training.trainers import Trainer

S = TypeVar("S", bound=Settings)


def with_training(place: Location, kind: type[S], section: Mapping[str, Any], trainer: Trainer) -> S:
    """The section at ``place`` as a ``kind``; raises Faulty with all faults of its training and beside it."""
    rules: list[Callable[[], Settings]] = [
        partial(validated_at, (*place, "training"), trainer.settings, section.get("training", {})),
        partial(validated_at, place, kind, {**section, "training": TrainingSettings()}),
    ]
    training, _ = require_all(rules)
    return kind.model_validate({**section, "training": training})
