"""A Ray cluster on loopback: a head that runs nothing, and nodes of one core each."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

# bound to loopback; no usage reports, and nothing that somebody else's cluster would answer to
ENVIRONMENT = {
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DEDUP_LOGS": "0",
}
MEMORY = 120 * 2**20
STARTS = 3


class SmallCluster:
    """Nodes that come and go, each with a core and none of its own dashboard."""

    def __init__(self, num_nodes: int) -> None:
        from ray.cluster_utils import Cluster

        self._cluster = Cluster(
            initialize_head=True,
            head_node_args={"num_cpus": 0, "object_store_memory": MEMORY, "include_dashboard": False},
        )
        self.nodes: list[Any] = []
        for _ in range(num_nodes):
            self.add_node()

    @property
    def address(self) -> str:
        """What RAY_ADDRESS is set to."""
        return str(self._cluster.address)

    def add_node(self, num_cpus: int = 1) -> Any:
        """One more; for the main thread alone, since Ray takes signals there."""
        before = len(self._cluster.worker_nodes)
        for attempt in range(1, STARTS + 1):
            try:
                node = self._cluster.add_node(num_cpus=num_cpus, object_store_memory=MEMORY)
                break
            # Ray gives a node half a minute to start, which on a busy machine is no failure
            except Exception as error:
                if attempt == STARTS or "timed out during startup" not in str(error):
                    raise
        assert len(self._cluster.worker_nodes) == before + 1
        self.nodes.append(node)
        return node

    def lose_node(self, node: Any) -> None:
        """Kill all processes of a node at once."""
        self.nodes.remove(node)
        self._cluster.remove_node(node, allow_graceful=False)

    def have_nodes(self, number: int) -> None:
        """Bring the cluster to so many nodes, and Ray's count of them."""
        while len(self.nodes) < number:
            self.add_node()
        while len(self.nodes) > number:
            self.lose_node(self.nodes[-1])
        # a lost node is counted for a while
        self._cluster.wait_for_nodes()

    def shutdown(self) -> None:
        """End all processes."""
        import ray

        ray.shutdown()
        # some of its processes may be gone already
        with suppress(AssertionError):
            self._cluster.shutdown()


@contextmanager
def small_cluster(num_nodes: int = 2) -> Iterator[SmallCluster]:
    """A cluster which this process and its children find by RAY_ADDRESS."""
    before = {name: os.environ.get(name) for name in (*ENVIRONMENT, "RAY_ADDRESS")}
    os.environ.update(ENVIRONMENT)
    cluster = SmallCluster(num_nodes)
    os.environ["RAY_ADDRESS"] = cluster.address
    try:
        yield cluster
    finally:
        cluster.shutdown()
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})
