"""The jobs of one run, in a segment for each replica: neighbours, which share prompts, stay together."""

from collections import deque
from collections.abc import Iterable, Sequence

from generation.vllm_offline.job import Job


class JobQueue:
    """Jobs that no replica has in hand; who has done its own segment takes of the longest one."""

    def __init__(self, jobs: Sequence[Job], number: int) -> None:
        borders = [_border(jobs, place * len(jobs) // number) for place in range(number)]
        ends = [*borders[1:], len(jobs)]
        self._segments = [deque(jobs[first:last]) for first, last in zip(borders, ends, strict=True)]
        self._first: deque[Job] = deque()

    def __len__(self) -> int:
        return len(self._first) + sum(map(len, self._segments))

    def take(self, place: int, number: int) -> list[Job]:
        """Up to ``number`` jobs for the replica at ``place``: the first ones first."""
        taken: list[Job] = []
        while len(taken) < number and len(self):
            taken.append(self._next(place))
        return taken

    def put_first(self, jobs: Iterable[Job]) -> None:
        """Jobs that a replica had in hand when it died, or that came after the others."""
        self._first.extend(jobs)

    def _next(self, place: int) -> Job:
        own = self._segments[place]
        if self._first:
            return self._first.popleft()
        if not own:
            longest = max(self._segments, key=len)
            own.extendleft(longest.pop() for _ in range((len(longest) + 1) // 2))
        return own.popleft()


def _border(jobs: Sequence[Job], place: int) -> int:
    """The first place from ``place`` on at which another prompt begins."""
    while 0 < place < len(jobs) and jobs[place].prompt == jobs[place - 1].prompt:
        place += 1
    return place
