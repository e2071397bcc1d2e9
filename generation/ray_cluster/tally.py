"""A tally of what replicas did: their tokens, the time in which they had requests, and what deaths cost."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Tally:
    """Tokens of each replica and its time with requests in hand, from its first answer: it loads before."""

    clock: Callable[[], float] = time.monotonic
    tokens: Counter[int] = field(default_factory=Counter)
    num_deaths: int = 0
    num_redone: int = 0
    _spent: dict[int, float] = field(default_factory=dict)
    _since: dict[int, float] = field(default_factory=dict)

    def given(self, replica: int) -> None:
        """A replica has requests in hand."""
        if replica in self.tokens:
            self._since.setdefault(replica, self.clock())

    def count(self, replica: int, tokens: int) -> None:
        """One more answer."""
        self._since.setdefault(replica, self.clock())
        self.tokens[replica] += tokens

    def idle(self, replica: int) -> None:
        """A replica has nothing in hand."""
        self._spent[replica] = self._spent.get(replica, 0.0) + self._running(replica)
        self._since.pop(replica, None)

    def rate(self, replica: int) -> float | None:
        """Tokens a second of a replica's work; None where nothing has come of it."""
        spent = self._spent.get(replica, 0.0) + self._running(replica)
        return self.tokens[replica] / spent if spent > 0 else None

    def _running(self, replica: int) -> float:
        now = self.clock()
        return now - self._since.get(replica, now)
