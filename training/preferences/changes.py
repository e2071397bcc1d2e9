"""How training moved the probabilities of what is preferred and of what is not."""

from collections.abc import Sequence

from training.running.protocols import Figures

# one step of so many counts as the end of a run
END = 5
SIDES = ("chosen", "rejected")


def changes(history: Sequence[Figures], beta: float) -> dict[str, float]:
    """The log-probabilities of both sides less the reference's, in nats a sequence.

    ``change/…`` are means over the last fifth of the steps, of each step's pairs before it moved the policy;
    ``change_at_start/…`` are of the first step, where the policy is the base: 0 but for a reference other
    than the base. TRL logs ``beta`` times them as rewards, whatever the losses.
    """
    last = history[-max(1, len(history) // END) :]
    return {
        f"{name}/{side}": sum(figures[f"rewards/{side}"] for figures in steps) / len(steps) / beta
        for name, steps in (("change", last), ("change_at_start", history[:1]))
        for side in SIDES
    }
