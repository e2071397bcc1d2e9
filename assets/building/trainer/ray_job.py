"""A trainer as a job of a Ray cluster: it asks for its own GPUs, and reports by its log."""

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from shlex import join, quote
from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.building.trainer.job_log import job_log
from assets.building.trainer.losses import Losses
from assets.building.trainer.process import environment
from assets.preflight.cluster import Asked, asked_of, jobs, node_sizes
from assets.profile.profile import Profile
from datasets_registry.agreement.locks import agreed
from datasets_registry.errors import BadInput, ModelFailed, first_line
from datasets_registry.exporting.places import ERROR
from datasets_registry.plain_text import plain_line
from datasets_registry.registry import Registry
from datasets_registry.state import REPOSITORY
from generation.backends import close_kept
from training.launch.nodes import NodeLost, NoRoom

if TYPE_CHECKING:
    from ray.job_submission import JobDetails, JobSubmissionClient

# the run folder that a job writes, in its metadata
FOLDER = "trimtab/run"
STOP_SECONDS = 60.0
# how long the dashboard may be away from a job that is at work
AWAY_SECONDS = 600.0
# how long nodes may take to come in place of those that were lost, and how often one looks
NODE_SECONDS, LOOK_SECONDS = 900.0, 30.0
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
    registry: Registry,
    profile: Profile,
    command: list[str],
    config: Path,
    report: Callable[[str], None],
) -> None:
    """Run a trainer as a job to its end; raises ModelFailed with its sentence, and BadInput as ``jobs`` does.

    A job that an earlier run left in the same folder is stopped first. One that waits is submitted anew when
    Ray gives it up, as long as a node could hold it, and one whose node is lost goes on from its checkpoint.
    """
    client = jobs()
    with _alone(client, registry, config.parent, report):
        stop_left(client, config.parent)
        # an idle engine of this run would hold the GPUs that its trainer asks for
        close_kept()
        asked = asked_of(profile, node_sizes("GPU"))
        told = _told(command, config, environment(registry), asked)
        _to_success(context, client, profile, asked, told, config, report)


@contextmanager
def _alone(
    client: "JobSubmissionClient", registry: Registry, folder: Path, report: Callable[[str], None]
) -> Iterator[None]:
    """Hold a run folder; raises BadInput where another run trained in it to the end meanwhile."""
    lock = folder.with_name(f".{folder.name}.lock")
    with agreed(registry.engine, lock, wait=False) as free:
        if free:
            yield
            return
    report(f"{folder.name}: another run trains it, so this one waits")
    with agreed(registry.engine, lock):
        ended = max(_of_folder(client, folder), key=lambda job: job.start_time or 0, default=None)
        if ended and ended.status == "SUCCEEDED":
            raise BadInput(
                f"{folder.name} was trained by another run meanwhile: build this again, which takes its model"
            )
        yield


def _told(
    command: list[str], config: Path, variables: Mapping[str, str], asked: Asked
) -> Callable[[str], dict[str, Any]]:
    """What Ray is told of each job that runs the command, by the job's id."""
    return lambda job: {
        "submission_id": job,
        "entrypoint": entrypoint(command, config, asked),
        "metadata": {FOLDER: str(config.parent)},
        "runtime_env": {"env_vars": dict(variables)},
        **_resources(asked),
    }


def _to_success(
    context: dg.AssetExecutionContext,
    client: "JobSubmissionClient",
    profile: Profile,
    asked: Asked,
    told: Callable[[str], dict[str, Any]],
    config: Path,
    report: Callable[[str], None],
) -> None:
    """Submit one job after the other until one succeeds, or has failed for good."""
    losses, name = Losses(config.parent), config.parent.name
    while True:
        config.with_name(ERROR).unlink(missing_ok=True)
        job = f"{name}-{uuid.uuid4().hex[:8]}"
        report(f"{name}: a Ray job that asks for {asked}")
        failed = _submitted(context, client, told(job))
        if failed is None:
            return
        why = _why(client, job, failed, config)
        if _waited(failed) and _may_come(profile, asked):
            report(f"{name}: no node had {asked} free, so it waits on")
        elif _lost(failed) and losses.one_more():
            report(f"{name}: a node is lost ({why}): {losses.remedy}")
            time.sleep(losses.pause)
            _await_nodes(profile, asked, name, report)
        else:
            raise ModelFailed(why)


def _waited(failed: "JobDetails") -> bool:
    return bool(failed.error_type == WAITED or failed.driver_exit_code == NoRoom.code)


def _lost(failed: "JobDetails") -> bool:
    return bool(failed.error_type == LOST or failed.driver_exit_code == NodeLost.code)


def _await_nodes(profile: Profile, asked: Asked, name: str, report: Callable[[str], None]) -> None:
    """Return once the nodes that there are could hold the trainer; raises ModelFailed where none come."""
    until, said = time.monotonic() + NODE_SECONDS, False
    while (sizes := _too_small(profile, asked)) is not None:
        if time.monotonic() > until:
            raise ModelFailed(f"{name}: {asked.refusal(sizes)}; built again, it goes on from what is saved")
        if not said:
            report(f"{name}: waits for a node in place of the lost one: {asked.lack(sizes)}")
            said = True
        time.sleep(LOOK_SECONDS)


def _submitted(
    context: dg.AssetExecutionContext, client: "JobSubmissionClient", told: dict[str, Any]
) -> "JobDetails | None":
    """Submit the job and wait for its end; what Ray says of it where it failed."""
    from dagster_ray import PipesRayJobClient

    job = told["submission_id"]
    try:
        PipesRayJobClient(message_reader=job_log()).run(context=context, submit_job_params=told)
    # Ray, its HTTP library and the reader of the log each raise what they like, and the job may work on
    except Exception as error:
        try:
            return _to_its_end(client, job, error)
        except BaseException:
            with suppress(OSError, RuntimeError):
                client.stop_job(job)
            raise
    return None


def _to_its_end(client: "JobSubmissionClient", job: str, error: Exception) -> "JobDetails | None":
    """Wait for the end of a job whose waiting broke off; the dashboard may be away for a while."""
    until = time.monotonic() + AWAY_SECONDS
    while time.monotonic() < until:
        with suppress(OSError, RuntimeError):
            details = next((each for each in client.list_jobs() if each.submission_id == job), None)
            if details is None:
                raise ModelFailed(f"the Ray cluster took no job ({first_line(error)}): run this again")
            if details.status.is_terminal():
                return None if details.status == "SUCCEEDED" else details
            until = time.monotonic() + AWAY_SECONDS
        time.sleep(POLL_SECONDS)
    raise ModelFailed(
        f"the Ray cluster's dashboard is away ({first_line(error)}): `ray job stop {job}` where it works on, "
        "then run this again"
    )


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
    return _too_small(profile, asked) is None


def _too_small(profile: Profile, asked: Asked) -> list[float] | None:
    """The nodes' sizes where no job could ever run on them; None where one could, or nobody says."""
    if profile.launch.elastic:
        return None
    try:
        sizes = node_sizes(asked.unit)
    # Ray and its HTTP library each raise what they like
    except Exception:
        return None
    return None if asked.has_room(sizes) else sizes


def stop_left(client: "JobSubmissionClient", folder: Path) -> None:
    """Stop jobs that an earlier run, which is gone, left at work in a run folder."""
    found = (job for job in _of_folder(client, folder) if not job.status.is_terminal())
    left = [job.submission_id for job in found if job.submission_id]
    for job in left:
        client.stop_job(job)
    until = time.monotonic() + STOP_SECONDS
    while left and time.monotonic() < until:
        left = [job for job in left if not client.get_job_status(job).is_terminal()]
        time.sleep(POLL_SECONDS)
    if left:
        raise ModelFailed(f"Ray job {left[0]} trains in {folder} and does not stop: `ray job stop {left[0]}`")


def _of_folder(client: "JobSubmissionClient", folder: Path) -> "Iterator[JobDetails]":
    """The jobs that train, or trained, in a run folder."""
    yield from (job for job in client.list_jobs() if (job.metadata or {}).get(FOLDER) == str(folder))


def _why(client: "JobSubmissionClient", job: str, failed: "JobDetails", config: Path) -> str:
    """The sentence that a trainer left, else the last line of its log, else what Ray says.

    Of a lost node its peers know less than the job that started them, whose line is the last.
    """
    sentence = config.with_name(ERROR)
    if sentence.exists() and not (_lost(failed) or _waited(failed)):
        return sentence.read_text(encoding="utf-8")
    # the log may be gone with its node
    with suppress(OSError, RuntimeError):
        said = [line for line in client.get_job_logs(job).splitlines() if line.startswith("error: ")]
        if said:
            return plain_line(said[-1].removeprefix("error: "))
    return f"Ray job {job} {failed.status}: {plain_line(first_line(failed.message))}; `ray job logs {job}`"
