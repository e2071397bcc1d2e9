"""Charts that stand open in the UI: SVG within Markdown that is short enough not to be put behind a link."""

import html
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import quote

import dagster as dg

from datasets_registry.cards.markdown import cell
from datasets_registry.plain_text import plain_line

# Dagster's UI shows Markdown below 1,000 UTF-16 units in place, and the rest behind "[Show Markdown]"
MOST_UNITS = 999
WIDTH, HEIGHT = 320, 130
LEFT, RIGHT, TOP, BOTTOM = 34, 312, 18, 104
COLORS = ("steelblue", "darkorange", "silver")
MOST_SERIES, MOST_NAME = 3, 18
# details such as points of a curve, tried from the most
DETAILS = (96, 64, 48, 32, 24, 16, 12, 8, 6, 4, 2)
Points = Sequence[tuple[float, float]]


def units(text: str) -> int:
    """The length of ``text`` as the UI counts it."""
    return len(text.encode("utf-16-le")) // 2


def stands_open(text: str) -> bool:
    """Whether the UI shows the Markdown ``text`` in place."""
    return units(text) <= MOST_UNITS


def chart(title: str, draw: Callable[[int], str]) -> dg.MetadataValue:
    """The SVG elements that ``draw`` gives for the most details with which they stand open."""
    drawn = (_markdown(title, draw(details)) for details in DETAILS)
    return dg.MetadataValue.md(next(filter(stands_open, drawn), f"{cell(title)}: too much to draw"))


def _markdown(title: str, elements: str) -> str:
    svg = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {HEIGHT}' width='{WIDTH}'"
        f" font-size='9' font-family='sans-serif' fill='gray'>{elements}</svg>"
    )
    # Markdown reads entities, backslashes and angle brackets in addresses, and XML its own
    return f"![{cell(title)}](<data:image/svg+xml,{quote(svg, safe=_PLAIN)}>)"


_PLAIN = " '=/:.,;()-+"


def label(x: float, y: float, text: object, color: str = "", anchor: str = "", most: int = MOST_NAME) -> str:
    """A text at a place, cut to ``most`` characters."""
    shown = html.escape(plain_line(f"{text:.3g}" if isinstance(text, float) else str(text), most))
    fill = f" fill='{color}'" if color else ""
    at = f" text-anchor='{anchor}'" if anchor else ""
    return f"<text x='{x:.0f}' y='{y:.0f}'{fill}{at}>{shown}</text>"


def stroke(path: str, color: str, width: float) -> str:
    """A path that is drawn as a line; nothing where it is empty."""
    return f"<path d='{path}' stroke='{color}' stroke-width='{width:g}' fill='none'/>" if path else ""


def frame(x_label: str, ends: tuple[object, object], height: tuple[float, float]) -> str:
    """The axes, what the horizontal one means, both its ends and those of the vertical one."""
    return (
        stroke(f"M{LEFT} {TOP}V{BOTTOM}H{RIGHT}", "gray", 0.5)
        + label(LEFT - 3, BOTTOM, height[0], anchor="end")
        + label(LEFT - 3, TOP + 6, height[1], anchor="end")
        + label(LEFT, BOTTOM + 11, ends[0])
        + label(RIGHT, BOTTOM + 11, ends[1], anchor="end")
        + label((LEFT + RIGHT) / 2, BOTTOM + 22, x_label, anchor="middle")
    )


def legend(names: Sequence[str]) -> str:
    """The names of the series in their colours; none where one says all."""
    shown = names[:MOST_SERIES]
    return "".join(label(LEFT + 4 + 95 * place, 11, name, COLORS[place]) for place, name in enumerate(shown))


def stacked(
    title: str, x_label: str, ends: tuple[object, object], series: Mapping[str, Sequence[float]]
) -> dg.MetadataValue:
    """Bars side by side, the values of all series upon one another; ``ends`` are the first and last bar's."""
    values = list(series.values())[:MOST_SERIES]

    def draw(details: int) -> str:
        return _bars([_joined(heights, details) for heights in values], x_label, ends) + legend(list(series))

    return chart(title, draw)


def _joined(heights: Sequence[float], most: int) -> list[float]:
    """At most ``most`` bars: neighbours are added up until that many are left."""
    together = -(-len(heights) // most)
    return [sum(heights[first : first + together]) for first in range(0, len(heights), together or 1)]


def _bars(values: Sequence[Sequence[float]], x_label: str, ends: tuple[object, object]) -> str:
    count = max(map(len, values), default=1) or 1
    tallest = max((sum(each) for each in zip(*values, strict=True)), default=0.0) or 1.0
    step, scale = (RIGHT - LEFT) / count, (BOTTOM - TOP) / tallest
    below, paths = [0.0] * count, []
    for color, heights in zip(COLORS, values, strict=False):
        bars = [
            f"M{LEFT + (bar + 0.5) * step:.0f} {BOTTOM - base * scale:.0f}v-{height * scale:.0f}"
            for bar, (base, height) in enumerate(zip(below, heights, strict=True))
            if height * scale >= 0.5
        ]
        paths.append(stroke("".join(bars), color, max(round(step * 0.85), 1)))
        below = [base + height for base, height in zip(below, heights, strict=True)]
    return frame(x_label, ends, (0.0, tallest)) + "".join(paths)


def curves(
    title: str, x_label: str, series: Mapping[str, Points], *, share: bool = False
) -> dg.MetadataValue:
    """A line for each series; of a ``share`` the axis goes from 0 to 1."""
    shown = {name: _finite(points) for name, points in list(series.items())[:MOST_SERIES]}
    every = [point for points in shown.values() for point in points]
    xs, ys = [x for x, _ in every] or [0.0], [y for _, y in every] or [0.0]
    low, high = (0.0, 1.0) if share else (min(ys), max(ys))

    def place(point: tuple[float, float]) -> str:
        across = (point[0] - min(xs)) / ((max(xs) - min(xs)) or 1)
        up = (point[1] - low) / ((high - low) or 1)
        return f"{LEFT + across * (RIGHT - LEFT):.0f} {BOTTOM - up * (BOTTOM - TOP):.0f}"

    def draw(details: int) -> str:
        lines = [
            stroke("M" + "L".join(map(place, _thinned(points, details))), COLORS[index], 1.5)
            if points
            else ""
            for index, points in enumerate(shown.values())
        ]
        ends = (f"{min(xs):g}", f"{max(xs):g}")
        return frame(x_label, ends, (low, high)) + legend(list(shown)) + "".join(lines)

    return chart(title, draw)


def _finite(points: Points) -> Points:
    return [(x, y) for x, y in points if x == x and abs(y) < float("inf")]


def _thinned(points: Points, most: int) -> Points:
    """At most ``most`` of the points, evenly, with the first and the last."""
    if len(points) <= most:
        return points
    return [points[round(place * (len(points) - 1) / (most - 1))] for place in range(most)]
