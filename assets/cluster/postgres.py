"""A PostgreSQL server of one's own, from the system's programs: its folder goes when it ends."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

USER = "trimtab"


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
def server(
    binaries: Path, options: Sequence[str], *, root: str = "/tmp", password: str | None = None
) -> Iterator[Path]:
    """The folder of a server, which has its socket, for as long as the context.

    Without a password whoever reaches the socket is trusted.
    """
    with tempfile.TemporaryDirectory(prefix="trimtab-pg-", dir=root) as name:
        folder = Path(name)
        auth = ["--auth", "trust"]
        if password is not None:
            (folder / "password").write_text(password)
            auth = ["--auth", "scram-sha-256", "--pwfile", str(folder / "password")]
        user = unprivileged()
        if user:
            for path in (folder, *folder.iterdir()):
                shutil.chown(path, user)
        data, log = str(folder / "data"), str(folder / "log")
        setup = ["--username", USER, *auth, "--encoding", "UTF8", "--locale", "C", "--no-sync"]
        run_as(user, folder, str(binaries / "initdb"), "--pgdata", data, *setup)
        pg_ctl = [str(binaries / "pg_ctl"), "--pgdata", data, "--wait"]
        told = " ".join([f"-k {folder}", *options])
        run_as(user, folder, *pg_ctl, "--log", log, "--options", told, "start")
        try:
            yield folder
        finally:
            # nothing of it is wanted again, so nothing is written back
            run_as(user, folder, *pg_ctl, "--mode", "immediate", "stop")


def unprivileged() -> str | None:
    """Whom to run a server as: PostgreSQL refuses root; None is whoever we are."""
    if os.geteuid() != 0:
        return None
    known = {user.pw_name for user in pwd.getpwall()}
    return next(user for user in ("postgres", "nobody") if user in known)


def run_as(user: str | None, folder: Path, *command: str) -> None:
    """Run a program of PostgreSQL in ``folder``; raises RuntimeError with what it says where it fails."""
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
