"""What a person asks to be built: all of a profile, names of it with what stands upstream, or these alone."""

from collections.abc import Mapping
from dataclasses import dataclass

from assets.building.declared import Dataset
from assets.building.versions import NO_DRAWS, Versions, not_made
from assets.graph import Graph
from assets.held.causes import sources
from assets.plan import Step, plan
from datasets_registry.errors import BadInput, UnknownVersion
from datasets_registry.registry import Registry


@dataclass(frozen=True)
class Order:
    """Names of datasets and models, all of the profile where there are none.

    ``only`` leaves upstream out, and ``redraw`` takes new samples for what is named.
    """

    names: tuple[str, ...] = ()
    only: bool = False
    redraw: bool = False

    def require_known(self, graph: Graph) -> None:
        """Raise BadInput for a name that the graph does not make, with the nearest that it does.

        So for one that is to be drawn again and asks no model for anything.
        """
        if not self.names:
            self._require_names()
        for name in self.names:
            if name in graph.imported:
                raise BadInput(f"{name!r} is imported and not built: `trimtab import FILE --as {name}`")
            if name not in graph.known.recipes:
                raise not_made(name, graph.known.recipes)
        drawn = [asset.name for asset in graph.declared if isinstance(asset, Dataset) and asset.generates]
        if self.redraw and (others := [name for name in self.names if name not in drawn]):
            raise BadInput(
                f"{others[0]!r} asks no model for completions, so there is nothing to draw again: name one "
                f"of {', '.join(drawn) or 'those of another profile'}"
            )

    def _require_names(self) -> None:
        if self.only:
            raise BadInput("--only builds what is named and nothing else: name a dataset or a model")
        if self.redraw:
            raise BadInput("--redraw takes new samples for what is named: name a dataset")

    def draws(self, graph: Graph, registry: Registry) -> dict[str, int]:
        """The draw that each dataset has which is to be drawn again: the one after its last."""
        versions = graph.known.versions(registry, audits=False)
        return {name: versions.draw(name) + 1 for name in self.names} if self.redraw else {}

    def steps(self, graph: Graph, registry: Registry, draws: Mapping[str, int] = NO_DRAWS) -> list[Step]:
        """What of it is to be built, inputs first; raises BadInput where ``only`` lacks an input."""
        if self.only:
            return self._alone(graph, registry, draws)
        steps = plan(graph, registry, draws=draws)
        if not self.names:
            return steps
        wanted = _with_upstream(self.names, graph, registry)
        return [step for step in steps if step.name in wanted]

    def _alone(self, graph: Graph, registry: Registry, draws: Mapping[str, int]) -> list[Step]:
        try:
            return plan(graph, registry, self.names, draws)
        except UnknownVersion as error:
            raise BadInput(f"{', '.join(self.names)} with --only: {error}, or leave --only out") from error

    def __str__(self) -> str:
        """The command that gives it."""
        options = {"--only": self.only, "--redraw": self.redraw}
        return " ".join(["trimtab build", *self.names, *(name for name, given in options.items() if given)])


def _with_upstream(names: tuple[str, ...], graph: Graph, registry: Registry) -> set[str]:
    """These names, what they are made from or checked against, what that is made from, and so on."""
    recipes, versions = graph.known.recipes, graph.known.versions(registry, audits=False)
    wanted, waiting = set[str](), list(names)
    while waiting:
        name = waiting.pop()
        if name in recipes and name not in wanted:
            wanted.add(name)
            waiting += _sources(name, versions)
    return wanted


def _sources(name: str, versions: Versions) -> tuple[str, ...]:
    return sources(versions.recipes[name], versions)
