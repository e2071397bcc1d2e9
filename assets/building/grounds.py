"""What the checks of each dataset read in a graph, and the order in which a graph is built."""

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from assets.building.declared import Dataset, Declared, Given, Names, Trained
from datasets_registry.errors import BadInput
from datasets_registry.rows.types import ROW_TYPES
from quality.checks.hygiene import HELD_OUT
from quality.checks.table import types_read


class Grounds:
    """The datasets that each dataset's checks read, and all assets in building order.

    A check that reads rows of another type reads the dataset's own inputs of that type, such as its round's
    revisions. Where it has none, and of prompts and problems, of which some are held out, it reads every
    dataset of that type in the graph, but those that stand on the checked dataset themselves. Imported data
    that a model learns from may be of any type, and may have to be free of all that is held out.
    """

    def __init__(self, declared: Sequence[Declared]) -> None:
        """Raises BadInput where a name is declared twice, or assets are circular."""
        self._assets = _by_name(declared)
        self._inputs = {name: list(inputs_of(asset)) for name, asset in self._assets.items()}
        _require_no_circle(self._inputs)
        self._rows = _row_types(self._assets)
        for name in self.imported:
            self._inputs[name] = []
        self.reads: dict[str, Names] = {name: self._read_by(name) for name in self._inputs}
        self.ordered = [self._assets[name] for name in self._order() if name in self._assets]

    @property
    def imported(self) -> Names:
        """The inputs that nothing here makes, sorted."""
        named = {name for inputs in self._inputs.values() for name in inputs}
        return tuple(sorted(named - self._assets.keys()))

    def _read_by(self, dataset: str) -> Names:
        """What only the checks of ``name`` read; each is an input of it from now on."""
        row_type = self._rows.get(dataset)
        unknown = HELD_OUT if dataset in self.imported else ()
        row_types = types_read(row_type) if row_type else frozenset(unknown)
        own = {self._rows[source] for source in self._inputs[dataset] if source in self._rows}
        row_types -= own - set(HELD_OUT)
        reads = []
        for other, kind in self._rows.items():
            stands_on = other == dataset or other in self._inputs[dataset]
            if kind in row_types and not stands_on and dataset not in self._ancestors(other):
                self._inputs[dataset].append(other)
                reads.append(other)
        return tuple(reads)

    def _ancestors(self, asset: str) -> set[str]:
        """All that ``name`` stands on."""
        seen, waiting = set[str](), [asset]
        while waiting:
            for above in self._inputs.get(waiting.pop(), ()):
                if above not in seen:
                    seen.add(above)
                    waiting.append(above)
        return seen

    def _order(self) -> list[str]:
        """Inputs before what is made from them, otherwise as declared."""
        order: dict[str, None] = {}

        def visit(asset: str) -> None:
            if asset not in order:
                for above in self._inputs.get(asset, ()):
                    visit(above)
                order[asset] = None

        for asset in self._assets:
            visit(asset)
        return list(order)


def inputs_of(asset: Declared) -> Names:
    """The names of everything that an asset is declared to stand on."""
    if isinstance(asset, Dataset):
        roles = [*asset.inputs.values(), *asset.models.values(), asset.waits, _named(asset.unless)]
        return tuple(dict.fromkeys(source for sources in roles for source in sources))
    if isinstance(asset, Trained):
        section = asset.section
        replayed = (section.replayed,) if section.replayed else ()
        learned = (section.dataset,) if section.dataset else ()
        return (*section.models, *learned, *replayed, *asset.waits, *_named(asset.unless))
    if isinstance(asset, Given):
        return ()
    return (*asset.section.models, asset.section.verdict)


def _named(verdict: str) -> Names:
    return (verdict,) if verdict else ()


def _by_name(declared: Sequence[Declared]) -> dict[str, Declared]:
    assets: dict[str, Declared] = {}
    for asset in declared:
        if asset.name in assets:
            raise BadInput(f"two assets are named {asset.name!r}: rename one in the profile")
        assets[asset.name] = asset
    return assets


def _require_no_circle(inputs: Mapping[str, Sequence[str]]) -> None:
    try:
        TopologicalSorter(inputs).prepare()
    except CycleError as error:
        circle = " → ".join(error.args[1])
        raise BadInput(
            f"the profile is circular: {circle}: let one of them start from another model"
        ) from error


def _row_types(assets: Mapping[str, Declared]) -> dict[str, str]:
    """The row type of each dataset, of imported ones by the roles that they fill."""
    types = {name: asset.method.rows.dataset for name, asset in assets.items() if isinstance(asset, Dataset)}
    for asset in assets.values():
        roles = asset.inputs if isinstance(asset, Dataset) else {}
        for role, names in roles.items():
            for name in names:
                if name not in assets and role in ROW_TYPES:
                    types.setdefault(name, role)
        for name in inputs_of(asset):
            if name not in assets and name in ROW_TYPES:
                types.setdefault(name, name)
    return types
