"""The picture of a training run: its loss by step, and what else its trainer logs, one panel each."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from assets.plots import BLUE, GREY, ORANGE, panels

# of each panel's figures, those that were logged are drawn together
PANELS = (
    ("reward", "rewards/margins", "margin"),
    ("logps/chosen", "logps/rejected"),
    ("kl",),
    ("entropy",),
    ("completions/mean_length",),
)
SHOWN_PANELS = 4


def training_plot(manifest: Mapping[str, Any]) -> dg.MetadataValue:
    """Loss, reward or margin, log-probabilities, KL and entropy by step, as far as they were logged."""
    curves = manifest.get("curves", {})
    logged = [[name for name in names if name in curves] for names in PANELS]
    drawn = [[("loss", manifest["loss"])]]
    drawn += [[(name, curves[name]) for name in names] for names in logged if names]
    drawn = drawn[:SHOWN_PANELS]

    def draw(axes: Any, place: int) -> None:
        for (name, points), color in zip(drawn[place], (BLUE, ORANGE, GREY), strict=False):
            axes.plot([one[0] for one in points], [one[1] for one in points], color=color, label=name)
        axes.legend(frameon=False, fontsize=7)
        axes.tick_params(labelsize=7)

    return panels("figures by step", len(drawn), draw)
