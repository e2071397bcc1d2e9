"""The models of the profile: given ones, and trained ones."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from assets.building.declared import Dataset, Given, Released, Trained
from assets.profile.models import GivenModel, ReleasedModel, Section, TrainedModel
from datasets_registry.errors import BadInput
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.prompts import PROMPT_SETS
from methods.reading.thought import THINK, Marks
from methods.verifiers.contract import VerifierSettings
from training.settings.online import OnlineSettings
from training.trainers import Trainer

GROUP = "models"


def models(
    sections: Mapping[str, Section],
    trainers: Mapping[str, Trainer],
    datasets: Iterable[Dataset],
    verifier: VerifierSettings | None = None,
) -> Sequence[Given | Released | Trained]:
    """One model for each section, in the group of the pipeline that makes its data.

    A dataset that no pipeline makes must be imported under its name.
    """
    made = {dataset.name: dataset for dataset in datasets}

    def declared(model: str, section: Section) -> Given | Released | Trained:
        if isinstance(section, GivenModel):
            return Given(model, section, GROUP)
        if isinstance(section, ReleasedModel):
            return Released(model, section, _group(model, sections, made))
        return _trained(model, section, sections, trainers[section.trainer], made, verifier)

    return [declared(model, section) for model, section in sections.items()]


def _trained(
    model: str,
    section: TrainedModel,
    sections: Mapping[str, Section],
    trainer: Trainer,
    made: Mapping[str, Dataset],
    verifier: VerifierSettings | None,
) -> Trained:
    dataset = made.get(section.dataset)
    training = section.training
    verified = isinstance(training, OnlineSettings) and training.rewards.verifier > 0
    more = _verifying(verifier, _given(section, sections).thought_marks) if verifier and verified else {}
    if section.rewards:
        more |= {"signals": list(section.rewards)}
    return Trained(
        model,
        trainer,
        section,
        group=_group(model, sections, made),
        system_prompt=_system_prompt(section, sections, made),
        more=more,
        waits=_waits(section, made, verified=verified),
        unless=dataset.unless if dataset else "",
        # of a round's own labels: another model that learns them is refused for want of rows
        may_lack_rows=dataset is not None and dataset.may_lack_rows and _beside(model, dataset.name),
    )


def _group(model: str, sections: Mapping[str, Section], made: Mapping[str, Dataset]) -> str:
    """The group of the data that a model learns from.

    Where it only answers prompts, or no pipeline makes its data, that of the last model that it is made from.
    """
    section = sections[model]
    if isinstance(section, GivenModel):
        return GROUP
    if isinstance(section, ReleasedModel):
        return model.split("/")[0]
    dataset = made.get(section.dataset)
    if dataset and dataset.method.rows.dataset not in (*PROMPT_SETS, Problem.dataset):
        return dataset.group
    trained = [before for before in section.models if not isinstance(sections[before], GivenModel)]
    if trained:
        return _group(trained[-1], sections, made)
    return dataset.group if dataset else GROUP


def _beside(model: str, dataset: str) -> bool:
    """Whether both stand in one round."""
    return model.rpartition("/")[0] == dataset.rpartition("/")[0]


def _verifying(verifier: VerifierSettings, marks: Marks) -> dict[str, Any]:
    """What a run is told that verifies what its model samples."""
    told = {"verifier": verifier.model_dump(mode="json", exclude_unset=True)}
    return told if marks == THINK else told | {"thought_marks": marks}


def _given(section: Section, sections: Mapping[str, Section]) -> GivenModel:
    return section if isinstance(section, GivenModel) else _given(sections[section.base], sections)


def _waits(section: TrainedModel, made: Mapping[str, Dataset], *, verified: bool) -> tuple[str, ...]:
    """What guards the rows that a model learns, and those that are replayed beside them."""
    learned = (made[name] for name in (section.dataset, section.replayed) if name and name in made)
    guards = (dataset.guards for dataset in learned if _is_guarded(dataset, verified=verified))
    return tuple(dict.fromkeys(guard for several in guards for guard in several))


def _is_guarded(dataset: Dataset, *, verified: bool) -> bool:
    """Verdicts on gold answers matter only where completions are verified; other guards always do."""
    return verified or dataset.method.rows is not Problem


def _system_prompt(
    section: TrainedModel, sections: Mapping[str, Section], made: Mapping[str, Dataset]
) -> str | None:
    """The system prompt of the model's conversations: that of its data, else that of its base."""
    sampled = sampled_with(section.dataset, made)
    if len(sampled) > 1:
        prompts = ", ".join(sorted(map(str, sampled)))
        raise BadInput(f"{section.dataset} joins completions of several system prompts ({prompts}): use one")
    if sampled:
        return next(iter(sampled))
    base = sections[section.base]
    while isinstance(base, ReleasedModel):
        base = sections[base.policy]
    return _system_prompt(base, sections, made) if isinstance(base, TrainedModel) else None


def sampled_with(source: str, made: Mapping[str, Dataset]) -> set[str | None]:
    """The system prompts under which the completions of a dataset, or of its inputs, were sampled."""
    dataset = made.get(source)
    if dataset is None:
        return set()
    if getattr(dataset.settings, "system_prompts", None):
        # its rows have their own
        return {None}
    if "system_prompt" in type(dataset.settings).model_fields:
        return {getattr(dataset.settings, "system_prompt", None)}
    inputs = (input_name for names in dataset.inputs.values() for input_name in names)
    return set().union(*(sampled_with(input_name, made) for input_name in inputs))
