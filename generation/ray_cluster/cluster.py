"""The Ray cluster that this process joins, at ``RAY_ADDRESS`` or on this machine; none is made here."""

import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec

from datasets_registry.errors import BadInput, first_line

REMEDY = (
    "start one with `ray start --head` here, join one with `ray start --address=HEAD:6379`, or set "
    "RAY_ADDRESS to its head, such as 10.0.0.1:6379"
)
CONNECT_SECONDS = 10.0
# no usage reports, and each warning where it arises
_ENVIRONMENT = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_DEDUP_LOGS": "0"}


def require_ray() -> None:
    """Raise BadInput where Ray is not installed."""
    if find_spec("ray") is None:
        raise BadInput("Ray is needed, and it is not installed: `pip install -c constraints.txt -e '.[ray]'`")


def join_cluster() -> None:
    """Join the cluster, once for this process; raises BadInput where there is none."""
    require_ray()
    address = os.environ.get("RAY_ADDRESS", "").strip() or "auto"
    _require_address(address)
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    import ray

    if ray.is_initialized():
        return
    try:
        with _signals_kept():
            ray.init(address=address, log_to_driver=False, logging_level=logging.WARNING)
    except ray.exceptions.AuthenticationError as error:
        raise BadInput(
            f"the Ray cluster at {address} takes no work without its token: set RAY_AUTH_MODE=token and "
            "RAY_AUTH_TOKEN as on its head"
        ) from error
    except (OSError, RuntimeError, ValueError) as error:
        raise BadInput(f"{_nobody_at(address)} ({first_line(error):.200}): {REMEDY}") from error


@dataclass(frozen=True)
class Room:
    """GPUs and processor cores."""

    gpus: float
    cpus: float

    def __str__(self) -> str:
        """For example ``8 GPUs and 64 CPUs``."""
        return f"{_count(self.gpus, 'GPU')} and {_count(self.cpus, 'CPU')}"

    def into(self, whole: "Room") -> int:
        """How often it fits into ``whole``."""
        parts = ((whole.gpus, self.gpus), (whole.cpus, self.cpus))
        return min((int(there / needed) for there, needed in parts if needed), default=0)


@dataclass(frozen=True)
class Resources:
    """What the nodes of a cluster have, and what of it is free."""

    nodes: tuple[Room, ...]
    free_of_nodes: tuple[Room, ...]

    @property
    def free(self) -> Room:
        """What of it is free, of all nodes together."""
        return _together(self.free_of_nodes)

    @property
    def whole(self) -> Room:
        """What they have together."""
        return _together(self.nodes)

    def fitting(self, each: Room) -> int:
        """How many replicas fit on the nodes, as none is on two of them."""
        return sum(each.into(node) for node in self.nodes)

    def fitting_now(self, each: Room) -> int:
        """How many fit into what is free of each node."""
        return sum(each.into(free) for free in self.free_of_nodes)

    def __str__(self) -> str:
        """For example ``2 nodes with 8 GPUs and 64 CPUs, of which 0 GPUs and 60 CPUs are free``."""
        return f"{_count(len(self.nodes), 'node')} with {self.whole}, of which {self.free} are free"


def resources() -> Resources:
    """What the joined cluster has now."""
    import ray
    from ray._private.state import available_resources_per_node

    nodes = {node["NodeID"]: _room(node["Resources"]) for node in ray.nodes() if node["Alive"]}
    # Ray's public call adds up what is free of all nodes
    free = available_resources_per_node()
    return Resources(tuple(nodes.values()), tuple(_room(free.get(node, {})) for node in nodes))


def _together(rooms: Sequence[Room]) -> Room:
    return Room(sum(room.gpus for room in rooms), sum(room.cpus for room in rooms))


def _room(amounts: Mapping[str, float]) -> Room:
    return Room(amounts.get("GPU", 0.0), amounts.get("CPU", 0.0))


def _count(number: float, noun: str) -> str:
    return f"{number:g} {noun}{'' if number == 1 else 's'}"


def _nobody_at(address: str) -> str:
    where = (
        "on this machine, and RAY_ADDRESS is not set" if address == "auto" else f"at RAY_ADDRESS={address}"
    )
    return f"there is no Ray cluster {where}"


def _require_address(address: str) -> None:
    """Raise BadInput unless ``address`` is of a cluster's head, which answers: Ray would try for minutes."""
    if address == "auto":
        return
    host, _, port = address.rpartition(":")
    if "://" in address or not host or not port.isdigit():
        raise BadInput(
            f"RAY_ADDRESS={address} is not the address of a cluster's head, such as 10.0.0.1:6379: set it "
            "so, or leave it out on a node of the cluster"
        )
    try:
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise BadInput(f"{_nobody_at(address)} ({first_line(error)}): {REMEDY}") from error


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Ray takes SIGTERM to itself: whoever ends this process is to be heard as before."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
