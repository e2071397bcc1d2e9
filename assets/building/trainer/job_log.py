"""What a Ray job says, read in an event loop that is closed behind it."""

import asyncio

import dagster as dg
from dagster_ray import PipesRayJobMessageReader


class JobLog(PipesRayJobMessageReader):  # type: ignore[misc]
    """Reads as its parent does, in a loop of its own: the parent's stays open with its sockets."""

    def handle_job_logs(self, handler: dg.PipesMessageHandler) -> None:
        """Read the log to its end, in the thread that is started for it."""
        with asyncio.Runner() as runner:
            asyncio.set_event_loop(runner.get_loop())
            super().handle_job_logs(handler)
