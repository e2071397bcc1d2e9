"""The page of answers that flipped between two models, word for word, with what the judge said of each."""

from collections.abc import Mapping, Sequence

from starlette.requests import Request
from starlette.responses import Response

from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import SuiteAnswer
from datasets_registry.version import Version
from studio.pages.asked import most_rows, registry_of, version_of, words_of
from studio.pages.evaluated.compared import chosen, models_of
from studio.queries.evaluated.flips import DIRECTIONS, FlipsBetween
from studio.queries.evaluated.judged import judge_words
from studio.queries.evaluated.together import Together, answers_of, together
from studio.rendering import page


def flips(request: Request) -> Response:
    """The flips; raises BadInput for models that were not asked the same, or a word that is not offered."""
    registry = registry_of(request)
    version, words = version_of(request, registry), words_of(request)
    held = together(registry, version)
    models = _models(registry, version, held, words)
    answers = answers_of(registry, held, models)
    between = FlipsBetween(registry, answers)
    offered = {"suite": between.suites(), "direction": DIRECTIONS, "grade": between.grades()}
    for name, values in offered.items():
        chosen(name, values, words)
    most = most_rows(request)
    found = between.page(words, most)
    return page(
        "flips.html",
        {
            "version": version,
            "models": list(dict.fromkeys([*held.models, *models])),
            "asked": models,
            "answers": answers,
            "key": SuiteAnswer.key,
            "offered": offered,
            "words": {"model": models[0], "against": models[1], **_without_place(words)},
            "begun": "after" in words,
            "found": found,
            "left_out": None if most is None else between.num_fitting(words) - len(found.flips),
            "counts": between.counts(),
            "said": judge_words(registry, found.flips),
        },
    )


def _models(registry: Registry, version: Version, held: Together, words: Mapping[str, str]) -> Sequence[str]:
    """The model and what it is compared with, which may be of another evaluation."""
    if not held.models:
        raise BadInput(f"{version} has no answers of a model that are still here: evaluate one again")
    named = [words[name] for name in ("model", "against") if name in words]
    usual = models_of(registry, held, held.models, {}) if len(named) < 2 else []
    models = named if len(named) == 2 else _completed(words, usual, held.models)
    if len(models) < 2:
        raise BadInput(
            f"{version} has answers of {models[0]} alone: add another model to [evaluation] of the profile, "
            "or name one with ?against=MODEL"
        )
    if models[0] == models[1]:
        raise BadInput(f"{models[0]} does not differ from itself: choose two models")
    return models


def _completed(words: Mapping[str, str], usual: Sequence[str], models: Sequence[str]) -> list[str]:
    """Both models where one or none was named."""
    model = words.get("model") or next((each for each in usual if each != words.get("against")), models[0])
    other = words.get("against") or next((each for each in [*usual[1:], *models] if each != model), None)
    return [model] if other is None else [model, other]


def _without_place(words: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in words.items() if name != "after"}
