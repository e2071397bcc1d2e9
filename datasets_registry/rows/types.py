"""Which row type each dataset has: all that the modules of this folder and plug-ins define."""

from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import TypeGuard

from datasets_registry.errors import BadInput
from datasets_registry.plugins import load_plugin
from datasets_registry.rows import (
    cai,
    evaluation,
    hygiene,
    imported,
    judge_benchmark,
    judges,
    prm,
    prompts,
    rft,
    rlaif,
)
from datasets_registry.rows.mixed import mixtures
from datasets_registry.rows.oversight import amplified, debates, preferences, questions, report
from datasets_registry.rows.review import agreement, labels, pairs, reviewed, reviews, sample
from datasets_registry.rows.rounds import (
    divergence,
    failures,
    pooled,
    revisions,
    rollouts,
    verdict,
    watch,
)
from datasets_registry.rows.rounds import prompts as round_prompts
from datasets_registry.rows.row import Row
from datasets_registry.rows.scored import pass_rates, reward_pairs, ruled
from datasets_registry.version import Version

_MODULES = (
    prompts,
    cai,
    rlaif,
    evaluation,
    imported,
    judges,
    judge_benchmark,
    sample,
    labels,
    reviews,
    agreement,
    pairs,
    reviewed,
    hygiene,
    rft,
    prm,
    questions,
    debates,
    preferences,
    amplified,
    report,
    mixtures,
    pass_rates,
    reward_pairs,
    ruled,
    round_prompts,
    failures,
    pooled,
    divergence,
    revisions,
    watch,
    verdict,
    rollouts,
)


def _is_row_type(value: object) -> TypeGuard[type[Row]]:
    """Whether ``value`` is the row type of a dataset, and not what several row types share."""
    return isinstance(value, type) and issubclass(value, Row) and "dataset" in vars(value)


def _defined_in(module: ModuleType) -> Iterator[type[Row]]:
    """The row types that ``module`` defines, in its order."""
    for value in vars(module).values():
        if _is_row_type(value) and value.__module__ == module.__name__:
            yield value


ROW_TYPES: dict[str, type[Row]] = {row.dataset: row for module in _MODULES for row in _defined_in(module)}


def join_row_types(plugins: Sequence[str]) -> None:
    """Add the ``ROW_TYPES`` of plug-in modules to ours.

    Raises BadInput where a plug-in cannot be used, or another row type has the dataset's name.
    """
    for plugin in plugins:
        for row in getattr(load_plugin(plugin), "ROW_TYPES", ()):
            if not _is_row_type(row):
                raise BadInput(f"plugins: {plugin}.ROW_TYPES holds {row!r}, which is not a row type")
            if ROW_TYPES.setdefault(row.dataset, row) is not row:
                raise BadInput(
                    f"plugins: {plugin} names a row type {row.dataset!r}, and there is one already: rename it"
                )


def rows_of(version: Version) -> str:
    """The dataset whose row type ``version`` has, whatever its own name."""
    return str(version.content.get("row", version.name))


def row_type(version: Version) -> type[Row]:
    """The row type that ``version`` was committed with; raises BadInput where it is not known."""
    name = rows_of(version)
    if name not in ROW_TYPES:
        raise BadInput(
            f"{version} has rows of an unknown type {name!r} (known: {', '.join(sorted(ROW_TYPES))}): choose "
            "the profile whose plug-in defines it"
        )
    return ROW_TYPES[name]
