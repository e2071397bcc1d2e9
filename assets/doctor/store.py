"""The state as the doctor looks at it: folder, catalog, versions and views, of which nothing is written."""

import os
from collections.abc import Iterator
from dataclasses import replace

import duckdb

from assets.doctor.finding import Finding, refusals, refused, wrong
from datasets_registry.errors import UnpassedVersion, first_line
from datasets_registry.registry import Registry
from datasets_registry.state import State
from datasets_registry.version import Version


def look_at_store(state: State) -> tuple[list[Finding], Registry | None]:
    """The findings, and the registry where there is one that opens."""
    if not state.root.is_dir():
        return [
            Finding("state", f"{state.root} is not there yet: `make demo` or `trimtab import` makes it")
        ], None
    if not os.access(state.root, os.W_OK | os.X_OK):
        remedy = "own the folder, or set TRIMTAB_HOME to one that you own"
        return [wrong("state", f"{state.root} cannot be written", remedy)], None
    findings, registry = [Finding("state", str(state.root))], None
    with refusals("catalog", findings):
        registry = Registry(state, reads_only=True)
        findings += [*_versions(registry), _views(state, registry)]
    return findings, registry


def _versions(registry: Registry) -> Iterator[Finding]:
    names = [*registry.names("dataset", everywhere=True), *registry.names("model", everywhere=True)]
    findings = [found for name in names if (found := _of_newest(registry, name))]
    yield from findings
    if not findings:
        yield Finding(
            "versions", f"the newest version of each of {len(names)} has passed, and its files are there"
        )


def _of_newest(registry: Registry, name: str) -> Finding | None:
    version = registry.newest(name)
    if version is None:
        return None
    if version.status == "failed":
        return _red(registry, version)
    if version.status == "candidate":
        remedy = f"materialize {name}, or import it, again: that goes on from what is stored"
        return wrong("versions", f"{version} was never checked, as what made it was stopped", remedy)
    if not registry.is_whole(version):
        remedy = f"`trimtab verify {version}` names them; materialize or import it again"
        return wrong("versions", f"files of {version} are missing", remedy)
    return None


def _red(registry: Registry, version: Version) -> Finding | None:
    try:
        registry.require_passed(version)
    except UnpassedVersion as error:
        pass_it = f"mend what it is made from, or `trimtab pass {version} --reason '…'`"
        return replace(refused("versions", str(error)), remedy=pass_it)
    return None


def _views(state: State, registry: Registry) -> Finding:
    if not registry.names("dataset", everywhere=True) and not state.views.exists():
        return Finding("views", "there is no dataset yet, and so no view")
    try:
        with duckdb.connect(str(state.views), read_only=True) as connection:
            shown = connection.execute("SELECT count(*) FROM versions").fetchone()
    except duckdb.IOException as error:
        if "lock" in str(error):
            remedy = "open it with `-readonly` in the client that holds it, or close that client"
            return wrong("views", f"another client holds {state.views} for writing", remedy)
        return _unreadable(state, error)
    except duckdb.Error as error:
        return _unreadable(state, error)
    return Finding("views", f"{state.views} shows {shown[0] if shown else 0} versions")


def _unreadable(state: State, error: duckdb.Error) -> Finding:
    remedy = f"delete {state.views}: it holds views alone, and the next import or build writes it again"
    return wrong("views", f"{state.views} cannot be read ({first_line(error)})", remedy)
