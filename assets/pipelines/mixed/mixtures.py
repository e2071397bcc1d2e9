"""Mixtures: a dataset for each `[mixtures.NAME]`, of the rows of others in stated shares."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from assets.building.declared import Dataset, dataset
from assets.pipelines.models import sampled_with
from assets.profile.mixed.mixtures import Mixture
from datasets_registry.errors import BadInput
from methods.mixtures.mixture import PAIR_MIXTURE, SFT_MIXTURE

GROUP = "mixtures"
Kind = Literal["examples", "pairs"]
_METHODS = {"examples": SFT_MIXTURE, "pairs": PAIR_MIXTURE}


def mixtures(sections: Mapping[str, Mixture], datasets: Iterable[Dataset]) -> Sequence[Dataset]:
    """The mixtures; a model that learns from one waits for what guards its parts.

    Raises BadInput where a part's rows are of another kind than the others'.
    """
    made = {dataset.name: dataset for dataset in datasets}
    return [_mixture(mixture, section, made) for mixture, section in sections.items()]


def _mixture(mixture: str, section: Mixture, made: Mapping[str, Dataset]) -> Dataset:
    parts = [made[part] for part in section.parts if part in made]
    guards = dict.fromkeys(guard for part in parts for guard in part.guards)
    return dataset(
        mixture,
        _METHODS[_kind(mixture, section, parts)],
        section.method.model_copy(update={"system_prompts": _system_prompts(section, made)}),
        group=GROUP,
        inputs={part: part for part in section.parts},
        models={"policy": section.policy or ""},
        guards=tuple(guards),
    )


def _system_prompts(section: Mixture, made: Mapping[str, Dataset]) -> dict[str, str]:
    """The system prompt of each part, where they differ; where they do not, it is the model's that learns."""
    sampled = {part: sampled_with(part, made) for part in section.parts}
    if len(set().union(*sampled.values())) < 2:
        return {}
    several = next((part for part, prompts in sampled.items() if len(prompts) > 1), None)
    if several is not None:
        raise BadInput(f"{several} joins completions of several system prompts: leave it out of the mixture")
    return {part: prompt for part, prompts in sampled.items() for prompt in prompts if prompt}


def _kind(mixture: str, section: Mixture, parts: Sequence[Dataset]) -> Kind:
    """The kind of the parts that are made here, which must be the one that the section says, if it does."""
    kinds = {part.name: _kind_of(mixture, part) for part in parts}
    said: dict[str, Kind] = {"kind": section.kind} if section.kind else {}
    named = list((said | kinds).items())
    if not named:
        raise BadInput(
            f"mixtures.{mixture}: all of its parts are imported: say kind = 'examples' or kind = 'pairs'"
        )
    (first, kind), *others = named
    for other, its_kind in others:
        if its_kind != kind:
            raise BadInput(
                f"mixtures.{mixture}: {first} gives {kind} and {other} gives {its_kind}: mix datasets of one "
                "kind"
            )
    return kind


def _kind_of(mixture: str, part: Dataset) -> Kind:
    columns = part.method.rows.model_fields.keys()
    if {"chosen", "rejected"} <= columns:
        return "pairs"
    if {"prompt", "completion"} <= columns:
        return "examples"
    raise BadInput(
        f"mixtures.{mixture}.parts.{part.name}: its rows are neither examples to learn nor pairs: "
        "leave it out"
    )
