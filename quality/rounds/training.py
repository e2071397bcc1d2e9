"""How far training on pairs moved their log-probabilities, as the run logged it: no pass of a model more."""

from collections.abc import Iterator

from datasets_registry.manifest import Manifest
from quality.rounds.change import Change

LOGP_CHOSEN, LOGP_REJECTED = "logp_chosen", "logp_rejected"
_SIDES = {LOGP_CHOSEN: "chosen", LOGP_REJECTED: "rejected"}
_ON_PAIRS = ("dpo",)


def movements(manifest: Manifest) -> Iterator[Change]:
    """The change of both log-probabilities over the run, in nats a sequence, beside the reference's.

    The start is taken off, which a reference further back than the base moves. A trainer that learns from
    no pairs has no such figures.
    """
    for figure, side in _SIDES.items():
        start = manifest.metrics.get(f"change_at_start/{side}")
        end = manifest.metrics.get(f"change/{side}")
        if start is not None and end is not None:
            yield Change(
                figure,
                "training",
                "difference",
                end,
                start,
                end - start,
                num_items=manifest.rows.get("trained", 0),
            )
        elif manifest.trainer in _ON_PAIRS:
            yield Change(figure, "training", "difference").unmeasured(
                f"the run's manifest has no change of {side} answers"
            )
