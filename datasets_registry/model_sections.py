"""The parts of a model card: the chain of models, the data, the training's figures and the evaluations."""

from collections.abc import Mapping, Sequence
from typing import Any

from datasets_registry.card import columns_table
from datasets_registry.licences import row_licences
from datasets_registry.markdown import cell, table
from datasets_registry.model_chain import made
from datasets_registry.model_limits import red_checks
from datasets_registry.registry import Registry
from datasets_registry.row_types import row_type
from datasets_registry.version import Version


def chain_table(chain: Sequence[Mapping[str, Any]]) -> str:
    """The models that it goes back to, itself first."""
    rows = [(one["version"], one["status"], made(one), ", ".join(one["behind"])) for one in chain]
    return table(("model", "status", "how it was made", "behind"), rows)


def data_table(shown: Mapping[str, Any]) -> str:
    """The exact dataset versions by role, and whose rewards there were."""
    rows = [
        (role, one["version"], one["data_version"], one["rows"], one["status"])
        for role, one in shown["datasets"].items()
    ]
    rewards = [f"Rewards came from {', '.join(shown['reward_models'])}."] if shown["reward_models"] else []
    return "\n\n".join([table(("role", "dataset", "data version", "rows", "status"), rows), *rewards])


def data_cards(registry: Registry, datasets: Mapping[str, Mapping[str, Any]]) -> str:
    """A short card of each dataset version."""
    names = dict.fromkeys(one["version"] for one in datasets.values())
    return "\n\n".join(_data_card(registry, registry.resolve(one)) for one in names)


def _data_card(registry: Registry, version: Version) -> str:
    """What the rows are, their licences, and the checks that they did not pass."""
    row = row_type(version)
    stated = ", ".join(map(cell, row_licences(registry, version))) or "none stated in its rows"
    return "\n\n".join([
        f"### {version}",
        f"{row.grain} {version.num_rows or 0:,} rows, data version `{version.data_version}`. "
        f"Licences: {stated}. The key is {', '.join(row.key)}.",
        columns_table(registry, row, version),
        f"Checks that it did not pass:\n\n{listed(red_checks(registry, version))}",
    ])  # fmt: skip


def training_table(shown: Mapping[str, Any]) -> str:
    """Rows before and after, metrics, time and libraries."""
    facts = [
        *((f"rows {name}", count) for name, count in shown["rows"].items()), *shown["metrics"].items(),
        ("seconds", shown["seconds"]), ("dtype", shown["dtype"]), *shown["libraries"].items(),
    ]  # fmt: skip
    return table(("figure", "value"), [one for one in facts if one[1] is not None])


def evaluations_table(found: Sequence[Mapping[str, Any]]) -> str:
    """The figures that evaluations have of it."""
    names = ("kind", "metric", "value", "low", "high", "num_items")
    rows = [
        (one["version"], *(figure.get(name) for name in names)) for one in found for figure in one["figures"]
    ]
    others = [f"{one['version']} has {one['rows']} rows of it." for one in found if not one["figures"]]
    figures = table(("evaluation", "prompts", "metric", "value", "low", "high", "items"), rows)
    return "\n\n".join([figures, *others])


def listed(lines: Sequence[str]) -> str:
    """The lines as a list of plain texts; ``None.`` without any."""
    return "\n".join(f"- {cell(one)}" for one in lines) or "None."
