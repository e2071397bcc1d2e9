"""Nodes that a trainer loses: whether it goes on from its last checkpoint, and after which pause."""

from pathlib import Path

from training.running.checkpoints import newest_of

# in a row, with nothing new saved between
MOST_LOST = 3
# after the first of a row, and twice as long after each other
PAUSE_SECONDS = 30.0


class Losses:
    """Those of one run, whose checkpoints are in ``output``."""

    def __init__(self, output: Path) -> None:
        self._output, self._saved = output, newest_of(output)
        self.in_a_row = 0

    def one_more(self) -> bool:
        """Count a loss; whether the trainer is to be begun again."""
        saved = newest_of(self._output)
        self.in_a_row = self.in_a_row + 1 if saved == self._saved else 1
        self._saved = saved
        return self.in_a_row <= MOST_LOST

    @property
    def pause(self) -> float:
        """Seconds in which a node that the cluster only lost sight of ends its processes."""
        return PAUSE_SECONDS * float(2 ** (self.in_a_row - 1))

    @property
    def remedy(self) -> str:
        """What happens next, as a part of a sentence."""
        begins = "goes on from its last checkpoint" if self._saved else "begins again, as nothing was saved"
        return f"{begins} (loss {self.in_a_row} of {MOST_LOST} in a row)"
