"""Turns on cards: tenants whose stated shares fit stay together, others leave when idle, runs wait."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from weakref import WeakSet

from datasets_registry.errors import ModelFailed, TrimtabError
from generation.cards.locks import CardLock
from generation.cards.visible import PROCESSOR, Card, visible_cards

# what several tenants may fill of a card together: contexts and fragments take the rest
MOST_SHARED = 0.95
# an idle tenant leaves a card to another process after this, so that two runs do not restart at every round
IDLE_SECONDS = 5.0
POLL_SECONDS = 0.5
EVERY_SECONDS = 60.0

_log = logging.getLogger(__name__)


class Tenant:
    """What fills ``share`` of the memory of ``cards``: an engine, a model of this process, or a trainer.

    ``free`` ends what is there. Between two spells of work it may have been made to leave.
    """

    def __init__(
        self, title: str, cards: Sequence[Card], share: float, free: Callable[[], None] = lambda: None
    ) -> None:
        self.title, self.share, self._free = title, share, free
        self.cards = tuple(cards) or (PROCESSOR,)
        self.idle_since = time.monotonic()
        self._num_spells = 0

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Have the cards; waits while another process has them.

        Raises ModelFailed where somebody of this process is at work there and both do not fit.
        """
        with TURNS.mutex:
            self._num_spells += 1
        try:
            TURNS.admit(self)
            yield
        finally:
            with TURNS.mutex:
                self._num_spells -= 1
                self.idle_since = time.monotonic()

    @property
    def working(self) -> bool:
        """Whether somebody needs what is on the cards."""
        return self._num_spells > 0

    def leave(self, *, idle_for: float = 0.0) -> bool:
        """Free the cards unless at work, or idle for less than so many seconds; whether they are free."""
        with TURNS.mutex:
            if self.working or time.monotonic() - self.idle_since < idle_for:
                return False
            self.end()
            return True

    def end(self) -> None:
        """Free the cards, at work or not."""
        with TURNS.mutex:
            self._free()
            TURNS.forget(self)

    @property
    def locks(self) -> list[int]:
        """Open files that hold the cards' locks, for a child process that may outlive this one."""
        return TURNS.files(self.cards)


class Turns:
    """The tenants of this process, and the locks of the cards that they are on."""

    def __init__(self) -> None:
        self.mutex = threading.RLock()
        # whoever forgets to close a model loses it in the end, and its card is free
        self._tenants: WeakSet[Tenant] = WeakSet()
        self._locks: dict[Card, CardLock] = {}
        self._watcher: threading.Thread | None = None

    def admit(self, tenant: Tenant) -> None:
        """Let idle tenants leave for ``tenant`` where they do not fit, and lock its cards."""
        with self.mutex:
            if tenant in self._tenants:
                return
            self._make_room(tenant)
            self._tenants.add(tenant)
        try:
            # in one order everywhere, so that no two processes wait for one another
            for card in sorted(tenant.cards, key=lambda card: card.uuid):
                self._lock(card, tenant)
        except BaseException:
            self.forget(tenant)
            raise

    def forget(self, tenant: Tenant) -> None:
        """``tenant`` has left: cards without a tenant are free for other processes."""
        with self.mutex:
            self._tenants.discard(tenant)
            self._release_empty()

    def files(self, cards: Sequence[Card]) -> list[int]:
        """The open files of the cards' locks."""
        with self.mutex:
            return [self._locks[card].file for card in cards if card in self._locks]

    def _release_empty(self) -> None:
        occupied = {card for tenant in self._tenants for card in tenant.cards}
        for card in self._locks.keys() - occupied:
            self._locks.pop(card).release()

    def _make_room(self, tenant: Tenant) -> None:
        for card in tenant.cards:
            there = [other for other in self._tenants if card in other.cards]
            # who has been idle longest leaves first
            for other in sorted(there, key=lambda other: (other.working, other.idle_since)):
                if sum(one.share for one in there) + tenant.share <= MOST_SHARED + 1e-9:
                    break
                if not other.leave() and card != PROCESSOR:
                    raise ModelFailed(
                        f"{tenant.title} needs {tenant.share:g} of {card}, where {other.title} is at work "
                        f"with {other.share:g}: let gpu_memory_utilization of both be {MOST_SHARED:g} at most"
                    )
                there.remove(other)

    def _lock(self, card: Card, tenant: Tenant) -> None:
        if card == PROCESSOR:
            return
        lock = CardLock(card)
        with self.mutex:
            if card in self._locks:
                return
            if lock.acquire(tenant.title):
                self._keep(card, lock)
                return
        self._wait(card, tenant, lock)

    def _wait(self, card: Card, tenant: Tenant, lock: CardLock) -> None:
        """Own idle tenants can leave other cards meanwhile: the mutex is free."""
        told = -EVERY_SECONDS
        with lock.wanted():
            while True:
                with self.mutex:
                    if lock.acquire(tenant.title):
                        self._keep(card, lock)
                        return
                if time.monotonic() - told >= EVERY_SECONDS:
                    told = time.monotonic()
                    _log.warning(
                        "%s waits for %s, which %s uses: it goes on when that is done, or end that process",
                        tenant.title,
                        card,
                        lock.owner() or "another process",
                    )
                time.sleep(POLL_SECONDS)

    def _keep(self, card: Card, lock: CardLock) -> None:
        self._locks[card] = lock
        if self._watcher is None:
            self._watcher = threading.Thread(target=self._watch, daemon=True, name="cards")
            self._watcher.start()

    def _watch(self) -> None:
        """Let idle tenants leave the cards that another process waits for."""
        while True:
            time.sleep(POLL_SECONDS)
            with self.mutex, suppress(OSError, TrimtabError):
                wanted = {card for card, lock in self._locks.items() if lock.is_wanted()}
                for tenant in [one for one in self._tenants if wanted.intersection(one.cards)]:
                    tenant.leave(idle_for=IDLE_SECONDS)
                self._release_empty()


TURNS = Turns()


@contextmanager
def alone(title: str) -> Iterator[None]:
    """Have all cards of this process, and its memory where it has none: idle engines end before."""
    tenant = Tenant(title, visible_cards(), 1.0)
    try:
        with tenant.at_work():
            yield
    finally:
        tenant.leave()
