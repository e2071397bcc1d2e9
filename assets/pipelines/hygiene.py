"""Hygiene: what is known of texts before a model learns from them, and of items before a model is asked."""

from collections.abc import Iterable, Mapping, Sequence

from assets.building.declared import Dataset, Names, Roles, dataset
from assets.profile.models import GivenModel, Section, TrainedModel
from datasets_registry.rows.evaluation import EvaluationItem
from datasets_registry.rows.hygiene import EvaluationLeak, HygieneFinding
from quality.hygiene.hygiene import DATA_HYGIENE
from quality.hygiene.leaks.leaks import EVALUATION_LEAKS, LeakSettings

GROUP = "hygiene"
EVALUATION = "evaluation"


def hygiene(texts: Roles, at: str = "") -> Sequence[Dataset]:
    """``data_hygiene`` of the prompt sets and label datasets ``texts``, by row type."""
    return [dataset(at + HygieneFinding.dataset, DATA_HYGIENE, group=GROUP, inputs=texts)]


def evaluation_leaks(
    items: Names, models: Iterable[str], sections: Mapping[str, Section], at: str = ""
) -> Sequence[Dataset]:
    """``evaluation_leaks`` of the datasets ``items`` in what ``models`` learned from; none of given models.

    Whatever asks the items waits for it, so that it stands between the items and their answers.
    """
    learned = learned_from(models, sections)
    if not learned:
        return []
    inputs = {EvaluationItem.dataset: items, **{name: (name,) for name in learned}}
    settings = LeakSettings(datasets=learned)
    return [dataset(at + EvaluationLeak.dataset, EVALUATION_LEAKS, settings, group=EVALUATION, inputs=inputs)]


def learned_from(models: Iterable[str], sections: Mapping[str, Section]) -> Names:
    """Every dataset that the models, their bases and the models that rewarded them were trained on."""
    waiting, seen, datasets = list(models), set[str](), set[str]()
    while waiting:
        model = waiting.pop()
        section = sections[model]
        if model in seen or isinstance(section, GivenModel):
            continue
        seen.add(model)
        waiting += section.models
        if isinstance(section, TrainedModel):
            datasets |= {*filter(None, [section.dataset, section.replayed])}
    return tuple(sorted(datasets))
