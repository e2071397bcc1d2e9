"""Replicas that are a script: they answer by the request alone, in any order, and die when they are told."""

import random
from collections.abc import Callable, Collection, Sequence

from generation.ray_cluster.dispatch import Came, Died, Event, Numbered, Ready
from generation.request import Completion, Request


def reply(request: Request) -> Completion:
    """What any replica answers."""
    text = f"{request.messages[-1].content}/{request.sample}"
    return Completion(text=text, finish_reason="stop", num_completion_tokens=5)


class ScriptedPool:
    """Room for so many replicas; ``dies`` says of (replica, answers so far) whether it dies now."""

    def __init__(
        self,
        room: int = 8,
        *,
        dies: Callable[[int, int], bool] = lambda replica, answered: False,
        seed: int = 0,
    ) -> None:
        self.room, self._dies, self._rng = room, dies, random.Random(seed)
        self.given: list[tuple[int, list[Numbered]]] = []
        self.answered: dict[int, int] = {}
        self.most_in_hand = 0
        self.with_node = False
        self._lost: list[int] = []
        self._in_hand: dict[int, list[Numbered]] = {}
        self._awaited: list[int] = []
        self._num_started = 0

    @property
    def ready(self) -> Collection[int]:
        """Those that take requests."""
        return list(self._in_hand)

    @property
    def starting(self) -> Collection[int]:
        """Those without room, or asked for just now."""
        return self._awaited

    def start(self) -> int:
        """Ask for one more."""
        self._num_started += 1
        self._awaited.append(self._num_started)
        return self._num_started

    def give(self, replica: int, requests: Sequence[Numbered]) -> None:
        """Hand requests over."""
        self.given.append((replica, list(requests)))
        self._in_hand[replica] += requests
        self.most_in_hand = max(self.most_in_hand, len(self._in_hand[replica]))

    def heard(self, seconds: float) -> list[Event]:
        """A start where there is room, then a handful or a death of one that has something in hand."""
        if self._lost:
            lost, self._lost = self._lost, []
            return [Died(replica, "it died idle") for replica in lost]
        if self._awaited and len(self._in_hand) < self.room:
            replica = self._awaited.pop(0)
            if self._dies(replica, -1):
                return [Died(replica, "it could not load its model")]
            self._in_hand[replica], self.answered[replica] = [], 0
            return [Ready(replica)]
        busy = [replica for replica, requests in self._in_hand.items() if requests]
        if not busy:
            return []
        replica = self._rng.choice(busy)
        requests = self._in_hand[replica]
        if self._dies(replica, self.answered[replica]):
            del self._in_hand[replica]
            return [Died(replica, "it was killed", self.with_node)]
        self._rng.shuffle(requests)
        handful = [requests.pop() for _ in range(min(len(requests), self._rng.randint(1, 5)))]
        self.answered[replica] += len(handful)
        return [Came(replica, [(number, reply(request)) for number, request in handful])]

    def lose_all(self) -> None:
        """Let all that are ready die, which is heard of later."""
        self._lost = list(self._in_hand)
        self._in_hand.clear()

    def stop(self) -> None:
        """End all, with what they have in hand."""
        self._in_hand.clear()
        self._awaited.clear()

    def wanting(self) -> str:
        """What each replica asks for."""
        return "each asks for 1 GPU and 1 CPU, and the cluster has 1 node with 0 GPUs and 2 CPUs"
