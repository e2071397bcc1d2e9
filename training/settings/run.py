"""The config of a training run: one JSON file that names exact versions and all settings."""

from pathlib import Path
from typing import Annotated, Generic, Self, TypeVar

from pydantic import Field, JsonValue, model_validator

from datasets_registry.boundary import CommandParser
from datasets_registry.documents import is_file, read_json, validated
from datasets_registry.errors import BadInput
from datasets_registry.rows.words import Signal
from datasets_registry.settings import Distinct, Settings
from methods.reading.thought import THINK, Marks
from methods.verifiers.contract import VerifierSettings
from training.settings.launch import Launch
from training.settings.learning import TrainingSettings
from training.settings.sampler import SamplerEngine
from training.settings.trackers import Trackers

_DECIDING = {"settings", "verifier", "thought_marks", "system_text", "signals"}
S_co = TypeVar("S_co", bound=TrainingSettings, covariant=True)
C = TypeVar("C", bound=Settings)


class RunConfig(Settings, Generic[S_co]):
    """One run of the trainer whose settings are ``S_co``.

    ``base``, ``dataset`` and the other inputs are registry versions such as ``cai_sft@3``. The fields beside
    ``settings`` that say where the run is kept, launched and reported change no weight.
    """

    name: str
    base: str
    dataset: str = Field("", description="What is learned from; of an average nothing")
    output: Path
    settings: S_co
    replay: str | None = None
    reference: str | None = Field(None, description="The model that the loss compares with, if not the base")
    reward_models: Annotated[tuple[str, ...], Distinct] = ()
    parts: Annotated[tuple[str, ...], Distinct] = Field(
        (), description="Models that are averaged with the base"
    )
    signals: Annotated[tuple[Signal, ...], Distinct] = Field(
        (), exclude_if=lambda value: not value, description="The signal of each of reward_models, in order"
    )
    verifier: VerifierSettings | None = None
    thought_marks: Marks = Field(THINK, description="The marks of thought, which the verifier does not read")
    system_text: str | None = None
    checkpoint_minutes: float = Field(5.0, ge=0, description="Time between checkpoints; 0 is every step")
    report_to: Trackers = Field((), description="Trackers, such as trackio, wandb or mlflow")
    memory_gb: float | None = Field(
        None, gt=0, description="Memory of a device, where there is no card to ask; no bound if not set"
    )
    launch: Launch = Launch()
    sampler_engine: SamplerEngine = SamplerEngine()
    rollouts: bool = Field(
        True, description="Whether an online trainer keeps what it sampled, with scores and advantages"
    )

    @property
    def decided(self) -> dict[str, JsonValue]:
        """The fields that decide the weights and name no version, and the launch, which alone goes on."""
        fields: dict[str, JsonValue] = self.model_dump(mode="json", include=_DECIDING)
        return fields | {"launch": self.launch.mark}

    @property
    def datasets(self) -> dict[str, str]:
        """The datasets by their role."""
        return ({"train": self.dataset} if self.dataset else {}) | (
            {"replay": self.replay} if self.replay else {}
        )

    @model_validator(mode="after")
    def _has_the_inputs_that_count(self) -> Self:
        inputs = {"replay": self.replay, "reward_models": self.reward_models, "verifier": self.verifier}
        weights = self.settings.input_weights
        for name, value in inputs.items():
            if name not in weights and value:
                raise ValueError(f"this trainer takes no {name}: leave it out")
            if name in weights and bool(value) != (weights[name].value > 0):
                raise ValueError(
                    f"settings.{weights[name].setting} is {weights[name].value:g} and the run has "
                    f"{'' if value else 'no '}{name}: give both {name} and a weight above 0, or neither"
                )
        return self

    @model_validator(mode="after")
    def _has_a_model_for_each_signal(self) -> Self:
        if self.signals and len(self.signals) != len(self.reward_models):
            raise ValueError(
                f"signals names {len(self.signals)} and reward_models {len(self.reward_models)}: give each "
                "reward model its signal, or none"
            )
        return self

    @model_validator(mode="after")
    def _has_a_dataset_where_it_learns(self) -> Self:
        if self.settings.learns and not self.dataset:
            raise ValueError("dataset is missing: name the dataset to train on")
        if self.dataset and not self.settings.learns:
            raise ValueError(f"dataset is {self.dataset!r}, and nothing is learned here: leave it out")
        if self.parts and self.settings.learns:
            raise ValueError("parts are of averages, and this trainer learns: leave them out")
        return self

    @model_validator(mode="after")
    def _compares_with_what_it_can(self) -> Self:
        if self.reference and not self.settings.takes_reference:
            raise ValueError("this trainer compares with no reference of its own: leave reference out")
        return self

    @model_validator(mode="after")
    def _has_as_many_processes_as_it_can(self) -> Self:
        if self.launch.several and not self.settings.several_processes:
            raise ValueError(
                f"launch.processes is {self.launch.processes}, and this trainer runs in one process: take "
                "another one, or a profile without [launch]"
            )
        self.settings.rows_at_once(self.launch.processes)
        return self


AnyConfig = RunConfig[TrainingSettings]


def config_path(description: str | None) -> Path:
    """The path given as ``--config``; raises BadInput where it is no file."""
    parser = CommandParser(description=description)
    parser.add_argument(
        "--config", type=Path, required=True, help="a JSON file: see training/settings/run.py"
    )
    path: Path = parser.parse_args().config
    if not is_file(path):
        raise BadInput(
            f"--config {path} is no file: give a JSON file (training/settings/run.py says of what)"
        )
    return path


def read_config(kind: type[C], path: Path) -> C:
    """The run config at ``path``; raises BadInput naming the field that is wrong."""
    return validated(kind, read_json(path, "run config"), f"run config {path}")
