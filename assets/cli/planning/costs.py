"""The part of trimtab plan that is about a card: hours, memory and disk of what is to be built."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from assets.cli.printing import print_rows, say
from generation.progress import span

if TYPE_CHECKING:
    from assets.estimates.costs import Cost
    from assets.graph import Graph
    from datasets_registry.registry import Registry

# of disk, what is shown
LEAST_GB = 0.05
_COLUMNS = ("asset", "hours", "memory", "disk", "by")


def costs(graph: "Graph", registry: "Registry") -> "Mapping[str, Cost]":
    """What each asset takes on the profile's card; nothing where it names none."""
    from assets.estimates.costs import costs_of

    return costs_of(graph.profile, registry)


def print_costs(names: Iterable[str], ahead: "Mapping[str, Cost]") -> None:
    """Print what each takes, their sums, and what does not fit."""
    taken = {name: ahead[name] for name in names if name in ahead}
    print_rows([row(name, cost) for name, cost in taken.items() if _counts(cost)], False, _COLUMNS)
    say(sums(list(taken.values())))
    for cost in taken.values():
        if cost.refusal:
            say(f"will be refused: {cost.refusal}")


def _counts(cost: "Cost") -> bool:
    """Whether there is anything to say of it."""
    return bool(cost.seconds or cost.memory_gb or cost.assumes)


def row(name: str, cost: "Cost") -> dict[str, str]:
    """A line of the plan: hours, memory and disk in words, and what they were counted by."""
    return {
        "asset": name,
        "hours": "unknown" if cost.seconds is None else f"{cost.seconds / 3600:.2f}",
        "memory": "" if cost.memory_gb is None else f"{cost.memory_gb:.1f} GB",
        "disk": f"{cost.disk_gb:.1f} GB" if (cost.disk_gb or 0) >= LEAST_GB else "",
        "by": cost.assumes,
    }


def sums(taken: "list[Cost]") -> str:
    """All together, such as ``at most 3.4 h, 76.0 GB of a card at the peak and 43.1 GB of disk``."""
    seconds = sum(cost.seconds or 0 for cost in taken)
    memory = max((cost.memory_gb or 0 for cost in taken), default=0)
    disk = sum(cost.disk_gb or 0 for cost in taken) + max((cost.scratch_gb for cost in taken), default=0)
    unknown = sum(cost.seconds is None for cost in taken)
    more = f", and {unknown} of which nothing is known" if unknown else ""
    return f"at most {span(seconds)}, {memory:.1f} GB of a card at the peak and {disk:.1f} GB of disk{more}"
