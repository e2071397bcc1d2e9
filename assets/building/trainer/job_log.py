"""What a Ray job says, read in an event loop that is closed behind it."""

import asyncio

import dagster as dg


def job_log() -> dg.PipesMessageReader:
    """A reader of a job's log as dagster-ray's, whose own loop stays open with its sockets.

    It is made here, as dagster-ray is not installed everywhere.
    """
    from dagster_ray import PipesRayJobMessageReader

    class JobLog(PipesRayJobMessageReader):  # type: ignore[misc]
        def handle_job_logs(self, handler: dg.PipesMessageHandler) -> None:
            """Read the log to its end, in the thread that is started for it."""
            with asyncio.Runner() as runner:
                asyncio.set_event_loop(runner.get_loop())
                super().handle_job_logs(handler)

    return JobLog()
