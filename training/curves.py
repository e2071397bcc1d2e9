"""A run's figures by step, thinned to what a picture shows."""

from collections.abc import Mapping, Sequence

POINTS = 200
# what is no figure of learning, and the loss, which is kept whole
_LEFT_OUT = {"epoch", "step", "loss", "learning_rate", "num_tokens", "num_input_tokens_seen", "step_time"}


def curves(history: Sequence[Mapping[str, float]]) -> dict[str, list[list[float]]]:
    """Figure to [step, value], at most POINTS of each, the last always among them."""
    found: dict[str, list[list[float]]] = {}
    for place, logged in enumerate(history):
        for name, value in logged.items():
            if name not in _LEFT_OUT and isinstance(value, int | float):
                found.setdefault(name, []).append([int(logged.get("step", place + 1)), float(value)])
    return {name: _thinned(points) for name, points in found.items()}


def _thinned(points: list[list[float]]) -> list[list[float]]:
    every = -(-len(points) // POINTS)
    return points[::-1][::every][::-1]
