"""Rounds as sections of models: those that their trainers make, and those that they hand on."""

from collections.abc import Iterable, Mapping
from typing import Any

from assets.profile.models import ReleasedModel, Section, TrainedModel, usable
from assets.profile.reading.trained import with_training
from assets.profile.related.models import require_ancestor
from assets.profile.related.replay import require_replay
from assets.profile.rounds.rounds import COMPLETIONS, FIRST, PREVIOUS, Rounds
from datasets_registry.documents import meant, validated_at
from datasets_registry.rows.rounds.pooled import PooledSelection
from datasets_registry.rows.rounds.verdict import Verdict
from datasets_registry.rows.types import ROW_TYPES
from training.trainers import Trainer


def place_of(name: str, number: int) -> str:
    """Where the datasets and models of a round stand, such as ``iterative_dpo/round_01/``."""
    return f"{name}/round_{number:02}/"


def policy_of(name: str, number: int) -> str:
    """The model that a round trains."""
    return f"{place_of(name, number)}policy"


def verdict_of(name: str, number: int) -> str:
    """The dataset that says whether a round goes on."""
    return place_of(name, number) + Verdict.dataset


def released_of(name: str, section: Rounds, number: int) -> str:
    """The model that round ``number`` hands on; of round 0 the policy that the rounds begin with."""
    return f"{place_of(name, number)}released" if number else section.policy


def read_rounds(
    content: Mapping[str, Any], models: Iterable[str], trainers: Mapping[str, Trainer]
) -> dict[str, Rounds]:
    """The sections by name, ``training`` as its trainer reads it; raises ValueError for a bad one."""
    for name in content:
        _require_name(name, models)
    return {name: _read(name, section, trainers) for name, section in content.items()}


def _require_name(name: str, models: Iterable[str]) -> None:
    usable(name)
    if "/" in name:
        raise ValueError(f"rounds.{name}: the name has a slash, and rounds stand below it: leave it out")
    taken = name if name in ROW_TYPES else next((each for each in models if each.split("/")[0] == name), None)
    if taken:
        raise ValueError(f"rounds.{name}: the name is taken by {taken!r}: choose another")


def _read(name: str, content: Any, trainers: Mapping[str, Trainer]) -> Rounds:
    if isinstance(content, Rounds):
        return content
    place = f"rounds.{name}"
    if not isinstance(content, Mapping):
        raise ValueError(f"{place} is not a table: write [{place}]")
    learns = content.get("learns", "preference_pairs")
    chosen = content.get("trainer") or ("sft" if learns in COMPLETIONS else "dpo")
    trainer = trainers.get(str(chosen))
    if trainer is None:
        raise ValueError(f"{place}.trainer: unknown trainer {chosen!r}: use one of {sorted(trainers)}")
    if trainer.kind not in ("preference", "supervised"):
        raise ValueError(f"{place}.trainer: {chosen!r} learns from no dataset of a round: use dpo or sft")
    return with_training(("rounds", name), Rounds, {**content, "trainer": chosen}, trainer)


def unrolled(
    rounds: Mapping[str, Rounds], models: Mapping[str, Section], trainers: Mapping[str, Trainer]
) -> dict[str, Section]:
    """The models of all rounds by name.

    Raises ValueError where a policy is unknown, or what a round changes does not fit its trainer.
    """
    made: dict[str, Section] = {}
    for name, section in rounds.items():
        for field, model in section.named_models():
            if model not in models:
                raise ValueError(
                    f"rounds.{name}.{field}: unknown model {model!r}{meant(model, models)}: use one of "
                    f"{sorted(models)}"
                )
        if section.named_reference:
            require_ancestor(f"rounds.{name}.reference", section.named_reference, section.policy, models)
        made |= _of(name, section, trainers)
    return made


def _of(name: str, section: Rounds, trainers: Mapping[str, Trainer]) -> dict[str, Section]:
    made: dict[str, Section] = {}
    for number in range(1, section.number + 1):
        before = released_of(name, section, number - 1)
        policy = policy_of(name, number)
        made[policy] = _trained(name, section, number, trainers[section.trainer])
        released = ReleasedModel(policy=policy, base=before, verdict=verdict_of(name, number))
        made[released_of(name, section, number)] = released
    last = released_of(name, section, section.number)
    alias = ReleasedModel(policy=last, base=last, verdict=verdict_of(name, section.number))
    return made | {f"{name}/policy": alias}


def _trained(name: str, section: Rounds, number: int, trainer: Trainer) -> TrainedModel:
    base = section.policy if section.starts_from == FIRST else released_of(name, section, number - 1)
    training, place = section.training, f"rounds.{name}"
    if change := section.changes.get(str(number)):
        content = training.model_dump(exclude_unset=True) | dict(change.training)
        changed = ("rounds", name, "changes", str(number), "training")
        training = validated_at(changed, trainer.settings, content)
    require_replay(place, section.replayed, training)
    replayed = {"replayed": section.replayed} if section.replayed else {}
    return TrainedModel(
        trainer=section.trainer,
        base=base,
        dataset=place_of(name, number) + (PooledSelection.dataset if section.pool else section.learns),
        training=training,
        **replayed,
        **(_reference(name, section, number) if trainer.settings.takes_reference else {}),
    )


def _reference(name: str, section: Rounds, number: int) -> dict[str, str]:
    """The model that the loss compares with, where it is said to be another than the base."""
    if not section.learns_pairs:
        return {}
    chosen = section.reference or (PREVIOUS if section.is_verified else FIRST)
    if chosen == PREVIOUS:
        return {"reference": released_of(name, section, number - 1)}
    return {"reference": section.policy if chosen == FIRST else chosen}
