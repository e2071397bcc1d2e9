"""A trainer as a job of a Ray cluster: it asks for its own GPUs, and reports by its log."""

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from shlex import join, quote
from typing import TYPE_CHECKING

import dagster as dg

from assets.preflight.cluster import Asked, asked_of, jobs, node_sizes
from assets.profile.profile import Profile
from datasets_registry.errors import ModelFailed, first_line
from datasets_registry.exporting.places import ERROR
from datasets_registry.plain_text import plain_line
from datasets_registry.state import REPOSITORY
from generation.backends import close_kept

if TYPE_CHECKING:
    from ray.job_submission import JobDetails, JobSubmissionClient

# the run folder that a job writes, in its metadata
FOLDER = "trimtab/run"
# how often a trainer is begun again whose node was lost
MOST_LOST = 3
STOP_SECONDS = 60.0
POLL_SECONDS = 0.5
# Ray's words for a job that waited too long for room, and for one whose node is gone
WAITED, LOST = "JOB_SUPERVISOR_ACTOR_START_TIMEOUT", "JOB_SUPERVISOR_ACTOR_DIED"
# a shell's first word, where a node has no clone and no state, and its exit code
_UNSEEN = (
    '{{ cd {clone} && test -f {config}; }} 2>/dev/null || {{ echo "error: node $(hostname) does not see '
    '"{clone}" and "{config}": mount the clone and the state folder there under the same paths"; exit 2; }}; '
    "exec {command}"
)


def run_job(
    context: dg.AssetExecutionContext,
    profile: Profile,
    command: list[str],
    config: Path,
    environment: Mapping[str, str],
    report: Callable[[str], None],
) -> None:
    """Run a trainer as a job to its end; raises ModelFailed with its sentence, and BadInput as ``jobs`` does.

    A job that an earlier run left in the same folder is stopped first. One that waits is submitted anew when
    Ray gives it up, as long as a node could hold it, and one whose node is lost goes on from its checkpoint.
    """
    client = jobs()
    stop_left(client, config.parent)
    # an idle engine of this run would hold the GPUs that its trainer asks for
    close_kept()
    asked, lost = asked_of(profile, node_sizes("GPU")), 0
    while True:
        config.with_name(ERROR).unlink(missing_ok=True)
        job = f"{config.parent.name}-{uuid.uuid4().hex[:8]}"
        report(f"{config.parent.name}: a Ray job that asks for {asked}")
        failed = _submitted(context, job, command, config, environment, asked, client)
        if failed is None:
            return
        if failed.error_type == WAITED and _may_come(profile, asked):
            report(f"{config.parent.name}: no node had {asked} free, so it waits on")
        elif failed.error_type == LOST and lost < MOST_LOST:
            lost += 1
            report(f"{config.parent.name}: its node is lost: goes on from its last checkpoint")
        else:
            raise ModelFailed(_why(client, job, failed, config))


def _submitted(
    context: dg.AssetExecutionContext,
    job: str,
    command: list[str],
    config: Path,
    environment: Mapping[str, str],
    asked: Asked,
    client: "JobSubmissionClient",
) -> "JobDetails | None":
    """Submit the job and wait for its end; what Ray says of it where it failed."""
    from dagster_ray import PipesRayJobClient

    try:
        PipesRayJobClient().run(
            context=context,
            submit_job_params={
                "submission_id": job,
                "entrypoint": entrypoint(command, config, asked),
                "metadata": {FOLDER: str(config.parent)},
                "runtime_env": {"env_vars": dict(environment)},
                **_resources(asked),
            },
        )
    except RuntimeError as error:
        details = next((each for each in client.list_jobs() if each.submission_id == job), None)
        if details is None:
            raise ModelFailed(f"the Ray cluster took no job ({first_line(error)}): run this again") from error
        # of a dashboard that did not answer meanwhile
        if not details.status.is_terminal():
            raise
        return details
    return None


def entrypoint(command: list[str], config: Path, asked: Asked) -> str:
    """The shell's line that starts a trainer where the node sees clone and config, and says so else."""
    several = ["--unit", asked.unit] if asked.nodes > 1 else []
    clone, seen = quote(str(REPOSITORY)), quote(str(config))
    return _UNSEEN.format(clone=clone, config=seen, command=join([*command, *several]))


def _resources(asked: Asked) -> dict[str, float]:
    """What the job itself asks for; of several machines each asks for its own, and it starts those."""
    if asked.nodes > 1:
        return {}
    return {f"entrypoint_num_{asked.unit.lower()}s": asked.number}


def _may_come(profile: Profile, asked: Asked) -> bool:
    return profile.launch.elastic or asked.has_room(node_sizes(asked.unit))


def stop_left(client: "JobSubmissionClient", folder: Path) -> None:
    """Stop jobs that an earlier run, which is gone, left at work in a run folder."""
    left = [job.submission_id for job in _at_work(client) if (job.metadata or {}).get(FOLDER) == str(folder)]
    for job in left:
        client.stop_job(job)
    until = time.monotonic() + STOP_SECONDS
    while left and time.monotonic() < until:
        left = [job for job in left if not client.get_job_status(job).is_terminal()]
        time.sleep(POLL_SECONDS)
    if left:
        raise ModelFailed(f"Ray job {left[0]} trains in {folder} and does not stop: `ray job stop {left[0]}`")


def _at_work(client: "JobSubmissionClient") -> Iterator["JobDetails"]:
    yield from (job for job in client.list_jobs() if job.submission_id and not job.status.is_terminal())


def _why(client: "JobSubmissionClient", job: str, failed: "JobDetails", config: Path) -> str:
    """The sentence that a trainer left, else the last line of its log, else what Ray says."""
    sentence = config.with_name(ERROR)
    if sentence.exists():
        return sentence.read_text(encoding="utf-8")
    said = [line for line in client.get_job_logs(job).splitlines() if line.startswith("error: ")]
    if said:
        return plain_line(said[-1].removeprefix("error: "))
    return f"Ray job {job} {failed.status}: {plain_line(first_line(failed.message))}; `ray job logs {job}`"
