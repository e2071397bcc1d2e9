"""What pipelines declare: datasets, trained models and given models, by name and without Dagster."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from assets.profile.models import GivenModel, ReleasedModel, TrainedModel
from datasets_registry.settings import Settings
from methods.method import Method, NoSettings
from methods.reading.thought import THINK, Marks
from training.trainers import Trainer

Names = tuple[str, ...]
NOTHING = NoSettings()
Roles = Mapping[str, str | Names]


def names_by_role(roles: Roles) -> dict[str, Names]:
    """The names of each role as a tuple, without the roles that are left empty."""
    fillers = {
        role: (filler,) * bool(filler) if isinstance(filler, str) else filler
        for role, filler in roles.items()
    }
    return {role: several for role, several in fillers.items() if several}


@dataclass(frozen=True)
class Dataset:
    """The dataset ``name``, made by ``method`` under ``settings`` from the datasets and models of its roles.

    ``waits`` are datasets that must have passed before it is made and are not read. What ``guards`` it must
    have passed before a model learns from it. ``thought_marks`` are of its models that think between others
    than ``<think>`` and ``</think>``. Where the verdict ``unless`` says that rounds have stopped, it has no
    rows. That a round's labels are none is a finding (``may_lack_rows``), which its verdict decides about.
    What people review and nobody requires ``may_wait`` for them, which is no failure.
    """

    name: str
    method: Method[Any]
    settings: Settings = NOTHING
    inputs: Mapping[str, Names] = field(default_factory=dict)
    models: Mapping[str, Names] = field(default_factory=dict)
    group: str = ""
    waits: Names = ()
    guards: Names = ()
    unless: str = ""
    may_lack_rows: bool = False
    may_wait: bool = False
    thought_marks: Mapping[str, Marks] = field(default_factory=dict)

    @property
    def generates(self) -> bool:
        """Whether it asks a model for completions."""
        return self.method.generates and bool(self.models)

    def marks_of(self, model: str) -> Marks:
        """The marks of thought of one of its models."""
        return self.thought_marks.get(model, THINK)


@dataclass(frozen=True)
class Trained:
    """The model ``name``, which ``trainer`` makes as ``section`` of the profile says.

    ``more`` is what its run is told besides its settings that makes the model too, and ``code`` names the
    modules behind it. Where the verdict ``unless`` says that rounds have stopped, it is its base; so is a
    round's policy (``may_lack_rows``) where its labels are too few for a run.
    """

    name: str
    trainer: Trainer
    section: TrainedModel
    group: str
    system_prompt: str | None = None
    more: Mapping[str, Any] = field(default_factory=dict)
    code: Names = ()
    waits: Names = ()
    unless: str = ""
    may_lack_rows: bool = False


@dataclass(frozen=True)
class Given:
    """The model ``name`` that is not trained here: found, downloaded or converted."""

    name: str
    section: GivenModel
    group: str = "models"


@dataclass(frozen=True)
class Released:
    """The model ``name``, which is the policy of a round or, where that is not healthy, the one before."""

    name: str
    section: ReleasedModel
    group: str


Declared = Dataset | Trained | Given | Released


def dataset(
    name: str,
    method: Method[Any],
    settings: Settings = NOTHING,
    *,
    group: str,
    inputs: Roles | None = None,
    models: Roles | None = None,
    waits: Names = (),
    guards: Names = (),
) -> Dataset:
    """Declare a dataset; a role is filled by one name or several, and may be left empty."""
    return Dataset(
        name, method, settings, names_by_role(inputs or {}), names_by_role(models or {}), group, waits, guards
    )
