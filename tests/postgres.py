"""A PostgreSQL server of the tests' own: a temporary folder, a local socket and no network."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from psycopg import sql

USER = "trimtab"


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
        _run(self._user, self.folder, *self._pg_ctl, "--log", log, "--options", options, "start")

    def stop(self) -> None:
        """Stop it; nothing of it is wanted again, so nothing is written back."""
        _run(self._user, self.folder, *self._pg_ctl, "--mode", "immediate", "stop")

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


def postgres_binaries() -> Path | None:
    """The folder with PostgreSQL's programs, newest first; None where it is not installed."""
    installed = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    binaries = sorted(installed, key=lambda binary: int(binary.parts[-3]), reverse=True)
    on_path = shutil.which("postgres")
    if on_path:
        # a link into the folder that has initdb and pg_ctl as well
        binaries.insert(0, Path(on_path).resolve())
    return next((binary.parent for binary in binaries if (binary.parent / "pg_ctl").exists()), None)


@contextmanager
def postgres_server(binaries: Path) -> Iterator[PostgresServer]:
    """A server that lives as long as the context; every commit is synced to disk."""
    # a socket's path may have 107 bytes, which a folder of pytest's or TMPDIR's may exceed
    root = os.environ.get("PYTEST_DEBUG_TEMPROOT", "/tmp")
    with tempfile.TemporaryDirectory(prefix="trimtab-pg-", dir=root) as name:
        folder = Path(name)
        user = _unprivileged()
        if user:
            shutil.chown(folder, user)
        data = str(folder / "data")
        setup = ["--username", USER, "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync"]
        _run(user, folder, str(binaries / "initdb"), "--pgdata", data, *setup)
        server = PostgresServer(folder, binaries, user)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _unprivileged() -> str | None:
    """Whom to run the server as: PostgreSQL refuses root; None is whoever we are."""
    if os.geteuid() != 0:
        return None
    known = {user.pw_name for user in pwd.getpwall()}
    return next(user for user in ("postgres", "nobody") if user in known)


def _run(user: str | None, folder: Path, *command: str) -> None:
    # the server that pg_ctl starts would keep a pipe open for as long as it runs
    with (folder / "commands.log").open("ab") as log:
        done = subprocess.run(
            command,
            cwd=folder,
            user=user,
            group=user and pwd.getpwnam(user).pw_gid,
            extra_groups=[] if user else None,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    if done.returncode:
        output = (folder / "commands.log").read_text(errors="replace")
        raise RuntimeError(f"{Path(command[0]).name} ended with {done.returncode}: {output[-2000:]}")
