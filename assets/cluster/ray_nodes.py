"""A Ray cluster of some nodes on loopback: python -m assets.cluster.ray_nodes PORT DASHBOARD NODES"""

import secrets
import signal
import sys
from pathlib import Path

from assets.cluster.service import HOST, Service
from assets.preflight.cluster import JOBS, jobs, node_sizes
from datasets_registry.boundary import CommandParser, run_command

# for a run and its trainer beside two replicas
CPUS = 4
NODES = 2
OBJECT_STORE_BYTES = 120_000_000


def variables(port: int, dashboard: int, folder: Path) -> dict[str, str]:
    """The environment of the cluster at these ports and of all that speaks with it."""
    return {
        "RAY_ADDRESS": f"{HOST}:{port}",
        JOBS: f"http://{HOST}:{dashboard}",
        # without it Ray listens at all addresses of the machine
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(16),
        "RAY_TMPDIR": str(folder),
        # a busy machine takes its time
        "RAY_raylet_start_wait_time_s": "180",
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_DEDUP_LOGS": "0",
    }


def start(port: int, dashboard: int, folder: Path, number: int = NODES) -> Service:
    """Start the nodes, whose ``variables`` this process has, and wait until all are there."""
    words = [sys.executable, "-m", "assets.cluster.ray_nodes", str(port), str(dashboard), str(number)]
    nodes = Service("ray", words, folder)
    nodes.wait(lambda: _takes_jobs(number))
    return nodes


def _takes_jobs(number: int) -> bool:
    """Whether so many nodes are there, and so are the agents that start jobs, which come last."""
    return len(node_sizes("CPU")) == number and bool(jobs().submit_job(entrypoint="true"))


def main() -> None:
    """Be the parent of the nodes' processes until this one is ended."""
    parser = CommandParser(description=__doc__)
    for name in ("port", "dashboard", "nodes"):
        parser.add_argument(name, type=int)
    arguments = parser.parse_args()
    # `ray start` has no cluster of several nodes on loopback
    from ray.cluster_utils import Cluster

    each = {"num_cpus": CPUS, "object_store_memory": OBJECT_STORE_BYTES}
    at = {"gcs_server_port": arguments.port, "dashboard_host": HOST, "dashboard_port": arguments.dashboard}
    cluster = Cluster(initialize_head=True, head_node_args={**each, **at, "include_dashboard": True})
    for _ in range(arguments.nodes - 1):
        cluster.add_node(**each)
    signal.pause()


if __name__ == "__main__":
    run_command(main)
