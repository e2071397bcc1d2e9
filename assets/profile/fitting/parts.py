"""Which sections of a profile need which others, and models by their names."""

from collections.abc import Collection, Mapping
from typing import NoReturn

from datasets_registry.documents import meant

NEEDED: Mapping[str, str] = {"rlaif": "judges", "cai": "judges", "rft": "problems", "prm": "rft"}


def require_part(part: str, built: Collection[str]) -> None:
    """Raise ValueError where the profile builds ``part`` without the section that it needs."""
    needed = NEEDED[part]
    if part in built and needed not in built:
        raise ValueError(f"[{part}] needs [{needed}]: add it, or leave [{part}] out")


def require_known(place: str, model: str, models: Collection[str]) -> None:
    """Raise ValueError where ``place`` names a model that the profile has not."""
    if model not in models:
        near = meant(model, models)
        raise ValueError(
            f"{place}: unknown model {model!r}{near}: add [models.{model}], or use one of {sorted(models)}"
        )


def refuse(sentence: str) -> NoReturn:
    """Raise ValueError with ``sentence``."""
    raise ValueError(sentence)
