"""What a model of the profile needs of the rest: processes, a window, rewards, shares, and a price."""

from collections.abc import Mapping

from assets.profile.launch import LaunchSection
from assets.profile.mixed.rewards import require_rewards
from assets.profile.models import GivenModel, Section, TrainedModel
from assets.profile.prm import Prm
from datasets_registry.documents import faults
from datasets_registry.rows.prm import biases_shares
from generation.models.limits import require_window
from generation.models.sources import local_folder
from generation.spending import Budget
from training.settings.online import OnlineSettings
from training.settings.process_reward_model import ProcessRewardSettings
from training.trainers import Trainer


def require_processes(model: str, section: TrainedModel, trainer: Trainer, launch: LaunchSection) -> None:
    """Raise ValueError where the processes of `[launch]` cannot share the model's run."""
    if launch.several and not trainer.several_processes:
        raise ValueError(
            f"models.{model}: {section.trainer} trains in one process, and launch.processes is "
            f"{launch.processes}: use grpo or rloo, or a profile without [launch]"
        )
    try:
        section.training.rows_at_once(launch.processes)
    except ValueError as error:
        raise ValueError(f"models.{model}.training: {error}") from error


def require_fitting_length(model: str, section: TrainedModel, given: GivenModel) -> None:
    """Raise ValueError where rows may be longer than the window of the model that is given."""
    if not given.hosted and (folder := local_folder(given.model)) is not None:
        with faults():
            require_window(folder, section.training.max_length, f"models.{model}.training")


def require_rewarded(
    model: str, section: TrainedModel, models: Mapping[str, Section], *, verified: bool
) -> None:
    """Raise ValueError where an online trainer's rewards have no model or no verifier."""
    if not isinstance(section.training, OnlineSettings):
        return
    rewards = section.training.rewards
    if bool(section.reward_models) != (rewards.reward_models > 0):
        raise ValueError(
            f"models.{model}: training.rewards.reward_models weighs {rewards.reward_models:g} and "
            f"reward_models names {len(section.reward_models)}: give both a weight above 0 and a name, "
            "or neither"
        )
    require_rewards(f"models.{model}", section.rewards, rewards.combination, models)
    if rewards.verifier > 0 and not verified:
        raise ValueError(
            f"models.{model}: training.rewards.verifier has a weight and the profile no verifier: add "
            "[problems.verifier], or set the weight to 0"
        )


def require_shares(model: str, section: TrainedModel, prm: Prm | None) -> None:
    """Raise ValueError where soft targets are learned of step labels whose shares are biased."""
    soft = isinstance(section.training, ProcessRewardSettings) and section.training.target == "soft"
    if soft and prm and section.dataset == "step_labels" and biases_shares(prm.labels.rule):
        raise ValueError(
            f"models.{model}.training.target: 'soft' learns shares of rollouts, which prm.labels biases "
            f"({prm.labels.rule!r}): set early_stop 'none' and confirm 0 there, or take 'hard'"
        )


def require_price(model: str, section: GivenModel, budget: Budget) -> None:
    """Raise ValueError where a budget in dollars would count nothing of a hosted model."""
    if budget.max_usd is not None and section.hosted and "price" not in section.model_fields_set:
        raise ValueError(
            f"models.{model}.price is missing, without which budget.max_usd counts none of its calls: "
            "add what its provider asks, or price = {} where they cost nothing"
        )
