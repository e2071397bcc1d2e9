"""The table of trainers: a new one is its module, its settings and an entry here, or in a plug-in's table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from datasets_registry.errors import BadInput
from datasets_registry.plugins import load_plugin
from quality.checks.models import TrainerKind
from training.settings.dpo import DpoSettings
from training.settings.grpo import GrpoSettings
from training.settings.kto import KtoSettings
from training.settings.learning import TrainingSettings
from training.settings.orpo import OrpoSettings
from training.settings.ppo import PpoSettings
from training.settings.process_reward_model import ProcessRewardSettings
from training.settings.reward_model import RewardSettings
from training.settings.rloo import RlooSettings
from training.settings.sft import SftSettings
from training.settings.weights.average import AverageSettings


@dataclass(frozen=True)
class Trainer:
    """One way to train a model: the module to run, its settings, and its inputs besides base and dataset.

    ``module`` is run by ``python -m MODULE --config run.json``; ``source`` is the module whose code, with all
    that it imports, makes the model. ``replays`` says that it takes replayed rows, ``scored`` that it takes
    reward models and the verifier.
    """

    module: str
    source: str
    settings: type[TrainingSettings]
    kind: TrainerKind
    replays: bool = False
    scored: bool = False

    @property
    def several_processes(self) -> bool:
        """Whether processes can share a run."""
        return self.settings.several_processes


TRAINERS: Mapping[str, Trainer] = {
    "sft": Trainer("training.sft", "training.sft", SftSettings, "supervised", replays=True),
    "dpo": Trainer("training.dpo", "training.dpo", DpoSettings, "preference", replays=True),
    "orpo": Trainer("training.orpo", "training.orpo", OrpoSettings, "preference"),
    # it learns from completions one by one, not from how two of a pair compare
    "kto": Trainer("training.kto", "training.kto", KtoSettings, "supervised"),
    "reward_model": Trainer("training.reward_model", "training.reward_model", RewardSettings, "reward"),
    "process_reward_model": Trainer(
        "training.process_reward_model", "training.process_reward_model", ProcessRewardSettings, "reward"
    ),
    "grpo": Trainer("training.grpo", "training.grpo", GrpoSettings, "online", scored=True),
    "rloo": Trainer("training.rloo", "training.rloo", RlooSettings, "online", scored=True),
    "average": Trainer("training.average", "training.average", AverageSettings, "average"),
    "ppo": Trainer("training.ppo", "training.ppo.__main__", PpoSettings, "online", scored=True),
}


def trainers(plugins: Sequence[str] = ()) -> Mapping[str, Trainer]:
    """The trainers of this project, and those in the ``TRAINERS`` of plug-in modules.

    Raises BadInput where a plug-in cannot be used, or takes a name that is in use.
    """
    table = dict(TRAINERS)
    for plugin in plugins:
        for name, trainer in _plugin_trainers(plugin).items():
            if name in table:
                raise BadInput(
                    f"plugins: {plugin} names a trainer {name!r}, and there is one already: rename it"
                )
            table[name] = trainer
    return table


def _plugin_trainers(plugin: str) -> Mapping[str, Trainer]:
    table = getattr(load_plugin(plugin), "TRAINERS", {})
    if not isinstance(table, Mapping):
        raise BadInput(f"plugins: {plugin}.TRAINERS is not a mapping from names to training.trainers.Trainer")
    for name, trainer in table.items():
        if not isinstance(trainer, Trainer):
            raise BadInput(f"plugins: {plugin}.TRAINERS[{name!r}] is not a training.trainers.Trainer")
    return table
