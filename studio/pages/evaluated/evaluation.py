"""The page of an evaluation: figures of a model with their intervals, beside those of another."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from datasets_registry.errors import BadInput
from quality.evaluation.report.marks import LEAST_ITEMS
from studio.pages.asked import registry_of, version_of, words_of
from studio.pages.evaluated.compared import chosen, models_of
from studio.queries.evaluated.figures import figures_of
from studio.queries.evaluated.together import together
from studio.queries.rows import options
from studio.rendering import page


def evaluation(request: Request) -> Response:
    """The figures; raises BadInput for a version that is no evaluation, or a word that is not offered."""
    registry = registry_of(request)
    version, words = version_of(request, registry), words_of(request)
    held = together(registry, version)
    if held.figures is None:
        raise BadInput(f"{version} has no figures yet: build `evaluation` from it")
    models = list(options(registry, held.figures, "model"))
    suites = list(options(registry, held.figures, "suite"))
    asked = models_of(registry, held, models, words)
    suite = chosen("suite", suites, words)
    return page(
        "evaluation.html",
        {
            "version": version,
            "held": held,
            "models": models,
            "suites": suites,
            "asked": asked,
            "suite": suite,
            "least": LEAST_ITEMS,
            "compared": len(asked) > 1,
            "by_suite": figures_of(registry, held.figures, held.differences, asked, suite),
            "flips": _flips(asked, held.answers),
        },
    )


def _flips(asked: list[str], answers: Mapping[str, object]) -> bool:
    """Whether both models' answers are there, so that they can be compared word for word."""
    return len(asked) > 1 and all(model in answers for model in asked)
