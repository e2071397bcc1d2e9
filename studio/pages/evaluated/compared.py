"""Which model a page of an evaluation shows, and which it is compared with."""

from collections.abc import Mapping, Sequence

from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from methods.evaluation.canaries.texts import is_canary
from studio.queries.evaluated.together import Together
from studio.queries.rows import options

# what stands for no comparison
NOTHING = "none"


def models_of(
    registry: Registry, held: Together, models: Sequence[str], words: Mapping[str, str]
) -> list[str]:
    """The model that is asked for and the one to compare it with; one alone where there is no other.

    Without a choice it is a model beside the baseline that the differences are from. Raises BadInput for a
    model that is not offered.
    """
    baseline = next(iter(options(registry, held.differences, "baseline")), None) if held.differences else None
    usual = [model for model in models if not is_canary(model) and model != baseline]
    model = chosen("model", models, words) or next(iter([*usual, *models]))
    other = words.get("against") or (baseline if baseline != model else None)
    if other == NOTHING or other is None:
        return [model]
    chosen("against", [*models, NOTHING], {"against": other})
    return [model] if other == model else [model, other]


def chosen(name: str, offered: Sequence[str], words: Mapping[str, str]) -> str | None:
    """The word that was chosen, None for none; raises BadInput for one that is not offered."""
    word = words.get(name)
    if word is not None and word not in offered:
        raise BadInput(f"{name} {word!r} cannot be chosen: use one of {', '.join(offered)}")
    return word
