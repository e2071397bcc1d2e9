"""Working through requests side by side, in bounded number."""

import asyncio
from collections.abc import Awaitable, Callable


async def work_off(num_requests: int, most: int, work: Callable[[int], Awaitable[None]]) -> None:
    """Do ``work`` on each index below ``num_requests``, ``most`` at a time; the first error ends all."""
    waiting = iter(range(num_requests))

    async def worker() -> None:
        for index in waiting:
            await work(index)

    async with asyncio.TaskGroup() as group:
        for _ in range(min(most, num_requests)):
            group.create_task(worker())
