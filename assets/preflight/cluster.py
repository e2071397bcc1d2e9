"""The Ray cluster that trainers run on: its jobs, its nodes, and whether one of them can hold a trainer."""

import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal

from assets.profile.profile import Profile
from datasets_registry.errors import BadInput, first_line
from datasets_registry.plain_text import plain_line

if TYPE_CHECKING:
    from ray.job_submission import JobSubmissionClient

Unit = Literal["GPU", "CPU"]
# Ray's own variable for where its jobs are, which is before RAY_ADDRESS
JOBS = "RAY_API_SERVER_ADDRESS"
_ASK_RAY = "from ray.dashboard.utils import get_address_for_submission_client as f; print(f(None))"
CONNECT_SECONDS = 10.0
_MOST_CHARACTERS = 200


@dataclass(frozen=True)
class Asked:
    """What a trainer asks of each of its nodes: ``number`` GPUs, or CPUs where the cluster has no GPU."""

    number: int
    unit: Unit
    nodes: int = 1

    def __str__(self) -> str:
        several = f" on each of {self.nodes} nodes" if self.nodes > 1 else ""
        return f"{self.number} {self.unit}s{several}"

    def has_room(self, sizes: Sequence[float]) -> bool:
        """Whether enough nodes, which have so many of the unit, are large enough."""
        return sum(size >= self.number for size in sizes) >= self.nodes

    def refusal(self, sizes: Sequence[float]) -> str:
        """Why no trainer can ever run on nodes of these sizes, with the remedy."""
        return (
            f"{self.lack(sizes)}: lower launch.processes, add nodes, or set launch.elastic where the cluster "
            "adds them by itself"
        )

    def lack(self, sizes: Sequence[float]) -> str:
        """What is asked for, and what there is."""
        most = f" of {max(sizes):g} {self.unit}s at most" if sizes else ""
        has = f"{len(sizes)} nodes{most}"
        return f"[launch] asks for {self}, and the Ray cluster has {has}"


def jobs() -> "JobSubmissionClient":
    """The cluster's jobs; raises BadInput where a package, the cluster or its dashboard is missing."""
    missing = [package for package in ("ray", "dagster_ray") if find_spec(package) is None]
    if missing:
        raise BadInput(f"launch.on = 'ray' needs {' and '.join(missing)}, not installed here: `make cluster`")
    from ray.job_submission import JobSubmissionClient

    address = os.environ.get(JOBS) or os.environ.get("RAY_ADDRESS", "auto")
    try:
        _require_answer(address)
        os.environ[JOBS] = os.environ.get(JOBS) or _dashboard()
        return JobSubmissionClient()
    # Ray and its HTTP library each raise what they like
    except Exception as error:
        why = plain_line(first_line(error), _MOST_CHARACTERS)
        raise BadInput(
            f"no Ray cluster takes jobs at {address!r} ({why}): "
            "start it with its dashboard (`ray[default]` on the head), and set RAY_ADDRESS to HEAD:6379"
        ) from error


def _dashboard() -> str:
    """The address of the jobs of the cluster at RAY_ADDRESS, as Ray itself finds it.

    Ray ends a process that asked the head in this way once that is gone for a minute, so another one asks.
    """
    found = subprocess.run(
        [sys.executable, "-c", _ASK_RAY],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    if found.returncode:
        raise OSError(found.stderr.strip().splitlines()[-1])
    return found.stdout.strip()


def _require_answer(address: str) -> None:
    """Raise OSError where nobody listens there, for which Ray itself would look for minutes."""
    host, _, port = address.rpartition("//")[2].rpartition(":")
    if host and port.isdigit():
        with socket.create_connection((host, int(port)), timeout=CONNECT_SECONDS):
            return


def asked_of(profile: Profile, sizes: Sequence[float]) -> Asked:
    """What a trainer of the profile asks for, on a cluster whose nodes have so many GPUs."""
    launch = profile.launch
    unit: Unit = "GPU" if profile.requires_gpu or any(sizes) else "CPU"
    return Asked(launch.processes // launch.machines, unit, launch.machines)


def node_sizes(unit: Unit) -> list[float]:
    """How many of the unit each living node has, in use or not."""
    from ray.util.state import list_nodes

    # asked for living nodes, Ray takes those that are dead for cut off, and raises
    nodes = [node for node in list_nodes(limit=10_000) if node.state == "ALIVE"]
    return [float(node.resources_total.get(unit, 0.0)) for node in nodes]


def require_room(profile: Profile) -> None:
    """Raise BadInput unless there is a cluster that can hold a trainer of the profile."""
    jobs()
    cards = node_sizes("GPU")
    if profile.launch.elastic and not any(cards) and "requires_gpu" not in profile.model_fields_set:
        raise BadInput(
            "[launch] elastic waits for nodes, and the Ray cluster shows no GPU yet: set requires_gpu = true "
            "in the profile to wait for nodes with GPUs, or requires_gpu = false to train on CPUs"
        )
    asked = asked_of(profile, cards)
    sizes = node_sizes(asked.unit)
    if not profile.launch.elastic and not asked.has_room(sizes):
        raise BadInput(asked.refusal(sizes))
