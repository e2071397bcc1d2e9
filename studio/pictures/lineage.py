"""Where a version comes from, and what was built from it: boxes in columns, the oldest on the left."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from datasets_registry.registry import Registry
from datasets_registry.version import Version

BOX_WIDTH, BOX_HEIGHT = 150, 34
GAP_X, GAP_Y = 30, 12
MOST_NAME = 21
MOST_BOXES = 60


@dataclass(frozen=True)
class Box:
    """A version in the picture, by the place of its upper left corner in pixels."""

    version: Version
    x: int
    y: int
    is_shown: bool

    @property
    def name(self) -> str:
        """The version's name, its beginning cut where it is long."""
        name = str(self.version)
        return name if len(name) <= MOST_NAME else f"…{name[1 - MOST_NAME :]}"


@dataclass(frozen=True)
class Picture:
    """Boxes, and the lines between them from right edge to left edge, in pixels."""

    boxes: Sequence[Box]
    lines: Sequence[tuple[int, int, int, int]]
    width: int
    height: int
    num_left_out: int


def lineage_picture(registry: Registry, version: Version) -> Picture:
    """All that ``version`` goes back to, and what was built from it directly; at most sixty boxes."""
    inputs = _inputs(registry, version)
    built = [each for each in registry.built_from(version) if str(each) not in inputs]
    columns = _columns(version, inputs)
    boxes, height = _boxes([*columns, built] if built else columns, version)
    places = {str(box.version): box for box in boxes}
    edges = [(source, name) for name, sources in inputs.items() for source in map(str, sources)]
    edges += [(str(version), str(each)) for each in built]
    lines = [_line(places[source], places[to]) for source, to in edges if {source, to} <= places.keys()]
    known = {*inputs, *(str(source) for sources in inputs.values() for source in sources)}
    width = max(box.x for box in boxes) + BOX_WIDTH + 2
    return Picture(boxes, lines, width, height, len(known) + len(built) - len(boxes))


def _inputs(registry: Registry, version: Version) -> dict[str, Sequence[Version]]:
    """The inputs of the version, of these, and so on."""
    inputs: dict[str, Sequence[Version]] = {}
    waiting = [version]
    while waiting and len(inputs) < MOST_BOXES:
        current = waiting.pop(0)
        if str(current) not in inputs:
            inputs[str(current)] = registry.derivation(current).inputs
            waiting += inputs[str(current)]
    return inputs


def _columns(version: Version, inputs: Mapping[str, Sequence[Version]]) -> list[list[Version]]:
    """The versions by how many steps they lie behind, the longest way counting; the version itself last."""
    steps, named = {str(version): 0}, {str(version): version}
    # rounds go back to one another, yet never in a circle
    waiting = [version]
    while waiting:
        current = waiting.pop(0)
        for source in inputs.get(str(current), ()):
            named[str(source)] = source
            if steps.get(str(source), 0) <= steps[str(current)]:
                steps[str(source)] = steps[str(current)] + 1
                waiting.append(source)
    furthest = max(steps.values())
    columns: list[list[Version]] = [[] for _ in range(furthest + 1)]
    for name in sorted(list(steps)[:MOST_BOXES]):
        columns[furthest - steps[name]].append(named[name])
    return [column for column in columns if column]


def _boxes(columns: Sequence[Sequence[Version]], shown: Version) -> tuple[list[Box], int]:
    tallest = max(map(len, columns))
    height = tallest * (BOX_HEIGHT + GAP_Y) + 2
    boxes = []
    for place, column in enumerate(columns):
        top = (height - len(column) * (BOX_HEIGHT + GAP_Y) + GAP_Y) // 2
        for row, version in enumerate(column):
            y = top + row * (BOX_HEIGHT + GAP_Y)
            boxes.append(Box(version, 1 + place * (BOX_WIDTH + GAP_X), y, str(version) == str(shown)))
    return boxes, height


def _line(source: Box, to: Box) -> tuple[int, int, int, int]:
    middle = BOX_HEIGHT // 2
    return source.x + BOX_WIDTH, source.y + middle, to.x, to.y + middle
