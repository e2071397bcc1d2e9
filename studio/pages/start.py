"""The first page: every dataset and model with its newest version, checks and costs."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from datasets_registry.errors import TrimtabError
from datasets_registry.inspecting.listing import ModelEntry, list_datasets, list_models
from datasets_registry.registry import Registry
from generation.ledger.ledger import Ledger
from studio.pages.asked import registry_of
from studio.pages.review.samples import waiting_by_noun
from studio.rendering import page


def start(request: Request) -> Response:
    """Datasets and models, and what their completions cost."""
    registry = registry_of(request)
    return page(
        "start.html",
        {
            "datasets": list_datasets(registry),
            "models": _models(registry),
            "costs": costs(registry),
            "state": registry.state.root,
            "waiting": _waiting(registry),
        },
    )


def _models(registry: Registry) -> list[ModelEntry] | str:
    """The models, or why they cannot be listed."""
    try:
        return list_models(registry)
    except TrimtabError as error:
        return str(error)


def _waiting(registry: Registry) -> Mapping[str, int] | str:
    """How many pairs and labels wait for review, or why that cannot be said."""
    try:
        return waiting_by_noun(registry)
    except TrimtabError as error:
        return str(error)


def costs(registry: Registry) -> Mapping[str, Mapping[str, float]]:
    """Calls, tokens, seconds and dollars of each asset's stored completions, by all of its models."""
    if not registry.state.ledger.is_dir():
        return {}
    spent: dict[str, dict[str, float]] = {}
    for row in Ledger.of(registry.state, registry.engine).stats():
        of_asset = spent.setdefault(row["asset"], dict.fromkeys(("calls", "tokens", "seconds", "usd"), 0.0))
        of_asset["calls"] += row["completions"] + row["failures"]
        of_asset["tokens"] += (row["prompt_tokens"] or 0) + (row["completion_tokens"] or 0)
        of_asset["seconds"] += row["seconds"] or 0.0
        of_asset["usd"] += row["usd"] or 0.0
    return spent
