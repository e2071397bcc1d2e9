"""The services of a cluster on this machine: databases, a bucket, Ray and Dagster's daemon."""

import os
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from assets.building.opening import CLUSTER_POOL
from assets.cluster import ray_nodes, seaweed
from assets.cluster.home import DRIVER, VARIABLE, write_event, write_home
from assets.cluster.postgres import USER, postgres_binaries, server
from assets.cluster.service import HOST, Service, free_ports
from assets.profile.history import instance_at
from datasets_registry.errors import BadInput

Report = Callable[[str], None]
DATABASES = ("catalog", "history")


@contextmanager
def databases(folder: Path) -> Iterator[dict[str, str]]:
    """A PostgreSQL server with the catalog's database and Dagster's, and both URLs as variables."""
    binaries = postgres_binaries()
    if binaries is None:
        raise BadInput(
            "PostgreSQL is not installed: `apt-get install postgresql`, or what your system calls it"
        )
    import psycopg
    from psycopg import sql

    (port,), password = free_ports(1), secrets.token_hex(16)
    options = [f"-c listen_addresses={HOST}", f"-c port={port}", "-c fsync=off"]
    with server(binaries, options, root=str(folder), password=password):
        place = f"{USER}:{password}@{HOST}:{port}"
        with psycopg.connect(f"postgresql://{place}/postgres", autocommit=True) as connection:
            for name in DATABASES:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        catalog, history = DATABASES
        yield {
            "TRIMTAB_CATALOG": f"postgresql+psycopg://{place}/{catalog}",
            VARIABLE: f"{DRIVER}{place}/{history}",
        }


@contextmanager
def services(folder: Path, report: Report) -> Iterator[Service]:
    """All of them; the environment of this process says where, and Dagster's daemon comes out."""
    port, dashboard = free_ports(2)
    with databases(folder) as urls:
        report("PostgreSQL: the catalog and Dagster's history")
        home = folder / "dagster"
        os.environ.update(urls | ray_nodes.variables(port, dashboard, folder))
        os.environ.update(TRIMTAB_HOME=str(folder / "state"), DAGSTER_HOME=str(home))
        seaweed.start(folder)
        report(f"SeaweedFS: the bucket {os.environ['TRIMTAB_STORE']}")
        ray_nodes.start(port, dashboard, folder)
        report(f"Ray: {ray_nodes.NODES} nodes of {ray_nodes.CPUS} CPUs at {os.environ['RAY_ADDRESS']}")
        yield _daemon(home, folder)


def _daemon(home: Path, folder: Path) -> Service:
    """Dagster's daemon, which starts runs as Ray jobs."""
    with instance_at(write_home(home)) as instance:
        write_event(instance)
        instance.event_log_storage.set_concurrency_slots(CLUSTER_POOL, ray_nodes.NODES)
    program = str(Path(sys.executable).with_name("dagster-daemon"))
    return Service("dagster daemon", [program, "run", "-m", "assets.definitions"], folder)
