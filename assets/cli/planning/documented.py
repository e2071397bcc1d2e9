"""Write the table of docs/gpu.md of what profiles take: python -m assets.cli.planning.documented [--check]"""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from assets.cli.planning.costs import row, sums
from assets.estimates.costs import Cost, costs_of
from assets.profile.profile import load_profile
from datasets_registry.boundary import run_command
from datasets_registry.cards.documented import keep_page
from datasets_registry.registry import Registry
from datasets_registry.state import REPOSITORY, State

PAGE = REPOSITORY / "docs" / "gpu.md"
BEGIN, END = "<!-- begin: assets.cli.planning.documented -->", "<!-- end -->"
PROFILES = ("gpu", "gpu8", "gpu24")
# an asset that takes less in every profile, and is no model, has no line
LEAST_SECONDS = 360
LEAST_GB = 1


def page() -> str:
    """The page with its table as the profiles have it now."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def table() -> str:
    """What `trimtab plan` prints of each profile in an empty state: hours, memory of a card, disk."""
    with TemporaryDirectory() as folder:
        registry = Registry(State(Path(folder)).prepare())
        taken = {title: costs_of(load_profile(title), registry) for title in PROFILES}
        registry.engine.dispose()
    told = dict.fromkeys(name for costs in taken.values() for name in costs)
    lines = [_line(f"`{name}`", [_cell(name, costs) for costs in taken.values()]) for name in told]
    return "\n".join(
        [
            _line("", [f"`{title}`" for title in PROFILES]),
            _line("---", ["---"] * len(PROFILES)),
            *(line for name, line in zip(told, lines, strict=True) if _is_told(name, taken)),
            _line("all", [sums(list(costs.values())) for costs in taken.values()]),
        ]
    )


def _is_told(name: str, taken: Mapping[str, Mapping[str, Cost]]) -> bool:
    found = [costs[name] for costs in taken.values() if name in costs]
    is_long = any((cost.seconds or 0) >= LEAST_SECONDS for cost in found)
    return is_long or any(cost.scratch_gb or (cost.disk_gb or 0) >= LEAST_GB for cost in found)


def _cell(name: str, costs: Mapping[str, Cost]) -> str:
    if name not in costs:
        return ""
    told = row(name, costs[name])
    return ", ".join(filter(None, (f"{told['hours']} h", told["memory"], told["disk"])))


def _line(first: str, cells: list[str]) -> str:
    return f"| {' | '.join([first, *cells])} |"


if __name__ == "__main__":
    run_command(lambda: keep_page(PAGE, page(), __doc__))
