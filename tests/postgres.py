"""A PostgreSQL server of the tests' own: a temporary folder, a local socket and no network."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from psycopg import sql

from assets.cluster.postgres import USER, postgres_binaries, run_as, unprivileged


class PostgresServer:
    """A running server that gives fresh databases, and can be killed and started again."""

    def __init__(self, folder: Path, binaries: Path, user: str | None) -> None:
        self.folder, self._user = folder, user
        self._pg_ctl = [str(binaries / "pg_ctl"), "--pgdata", str(folder / "data"), "--wait"]
        self._databases = 0

    def start(self) -> None:
        """Start it over its files, as they are."""
        options = f"-k {self.folder} -c listen_addresses= -c fsync=on -c max_connections=100"
        log = str(self.folder / "log")
        run_as(self._user, self.folder, *self._pg_ctl, "--log", log, "--options", options, "start")

    def stop(self) -> None:
        """Stop it; nothing of it is wanted again, so nothing is written back."""
        run_as(self._user, self.folder, *self._pg_ctl, "--mode", "immediate", "stop")

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Let it end, and its files go, where this process is killed and closes a pipe by that."""
        script = 'cat; "$@" --mode immediate stop && rm -rf "$0"'
        command = ["sh", "-c", script, str(self.folder), *self._pg_ctl]
        with subprocess.Popen(
            command,
            user=self._user,
            cwd=self.folder,
            start_new_session=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ):
            yield

    def kill(self) -> None:
        """End all its processes as a loss of power to them would."""
        import psutil

        first = psutil.Process(int((self.folder / "data" / "postmaster.pid").read_text().split()[0]))
        processes = [first, *first.children(recursive=True)]
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(processes)

    def database(self) -> str:
        """The SQLAlchemy URL of a new, empty database."""
        self._databases += 1
        name = f"database_{self._databases}"
        with self._connect() as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return f"postgresql+psycopg://{USER}@/{name}?host={self.folder}"

    def setting(self, name: str) -> str:
        """What the server has ``name`` set to."""
        with self._connect() as connection:
            row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
        assert row is not None
        return str(row[0])

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(host=str(self.folder), user=USER, dbname="postgres", autocommit=True)


@contextmanager
def postgres_server(binaries: Path) -> Iterator[PostgresServer]:
    """A server that lives as long as the context; every commit is synced to disk."""
    # a socket's path may have 107 bytes, which a folder of pytest's or TMPDIR's may exceed
    root = os.environ.get("PYTEST_DEBUG_TEMPROOT", "/tmp")
    with tempfile.TemporaryDirectory(prefix="trimtab-pg-", dir=root) as name:
        folder = Path(name)
        user = unprivileged()
        if user:
            shutil.chown(folder, user)
        data = str(folder / "data")
        setup = ["--username", USER, "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync"]
        run_as(user, folder, str(binaries / "initdb"), "--pgdata", data, *setup)
        server = PostgresServer(folder, binaries, user)
        server.start()
        with server.watched():
            try:
                yield server
            finally:
                server.stop()


def served() -> Iterator[PostgresServer]:
    """What a fixture of a running server yields; its tests are skipped where PostgreSQL is not installed."""
    import pytest

    binaries = postgres_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    with postgres_server(binaries) as server:
        yield server
