"""A live `dg dev`, webserver and daemon, with a history of its own, driven through GraphQL as by the UI."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from datasets_registry.state import REPOSITORY

LOCATION = "trimtab"
SELECTOR = {"repositoryLocationName": LOCATION, "repositoryName": "__repository__"}
ENDED = ("SUCCESS", "FAILURE", "CANCELED")
PATIENCE = 300.0

RUNS = """query { runsOrError(limit: 1000) { ... on Runs { results {
  runId status creationTime startTime endTime tags { key value } assetSelection { path } } } } }"""
LOGS = """query($run: ID!) { logsForRun(runId: $run) { ... on EventConnection { events { __typename
  ... on MessageEvent { message stepKey timestamp }
  ... on ExecutionStepFailureEvent { error { message causes { message } } failureMetadata { description } }
} } } }"""
STOP = """mutation($id: String!) { stopSensor(id: $id) { __typename } }"""
START = """mutation($selector: SensorSelector!) { startSensor(sensorSelector: $selector) { __typename } }"""
TICKS = """query($selector: SensorSelector!) { sensorOrError(sensorSelector: $selector) {
  ... on Sensor { sensorState { id status ticks(limit: 8) { timestamp endTimestamp } } } } }"""
LAUNCH = """mutation($parameters: ExecutionParams!) { launchRun(executionParams: $parameters) { __typename
  ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""
RELOAD = """mutation($name: String!) { reloadRepositoryLocation(repositoryLocationName: $name) { __typename
  ... on WorkspaceLocationEntry { locationOrLoadError { __typename ... on PythonError { message } } } } }"""
TERMINATE = """mutation($run: String!) { terminateRun(runId: $run, terminatePolicy: SAFE_TERMINATE) {
  __typename } }"""
STALE = """query { assetNodes { assetKey { path } staleStatus staleCauses { reason } } }"""
POOLS = """query { instance { concurrencyLimits { concurrencyKey slotCount activeSlotCount } } }"""


class LiveDagster:
    """`dg dev` of this checkout on a free port, with ``environment`` and its history under ``home``."""

    def __init__(self, home: Path, environment: Mapping[str, str]) -> None:
        """Write ``home``'s dagster.yaml: the checkout's own, with its folders moved to ``home``."""
        self.home, self.port = home, _free_port()
        home.mkdir(parents=True, exist_ok=True)
        settings = _text("dagster.yaml").replace("base_dir: .dagster", f"base_dir: {home}")
        (home / "dagster.yaml").write_text(settings)
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        # as `make dev` does
        exported = dict(re.findall(r"^export (DAGSTER\w+) := (.+)$", _text("Makefile"), re.MULTILINE))
        self.environment = {
            **os.environ,
            **exported,
            **environment,
            "DAGSTER_HOME": str(home),
            "PATH": path,
            "PYTHONPATH": str(REPOSITORY),
            "OMP_NUM_THREADS": "1",
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until its webserver answers and the code location is loaded."""
        # a shell lets what it runs in the background ignore Ctrl-C, and that is inherited
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with (self.home / "dev.log").open("ab") as log:
            self.process = subprocess.Popen(
                [Path(sys.executable).with_name("dg"), "dev", "--port", str(self.port)],
                cwd=REPOSITORY,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_for(lambda: self._answers(), "dg dev to answer")

    def _answers(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise RuntimeError(f"dg dev ended by itself: see {self.home / 'dev.log'}")
        try:
            return bool(self.sensors())
        except OSError:
            return False

    def stop(self) -> None:
        """Stop it as Ctrl-C in its terminal does, and see that nothing of it is left."""
        if self.process is None:
            return
        os.killpg(self.process.pid, signal.SIGINT)
        try:
            self.process.wait(60)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process = None

    def kill(self) -> None:
        """Kill it with all that it started, trainers too, as a machine that loses its power does."""
        assert self.process is not None
        server = psutil.Process(self.process.pid)
        for process in (server, *server.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self.process.wait()
        self.process = None

    # -- what the UI asks ------------------------------------------------------------------------

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of a GraphQL answer; raises RuntimeError with the first error's message."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/graphql",
            json.dumps({"query": query, "variables": variables}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=120) as answer:
            reply = json.load(answer)
        if reply.get("errors"):
            raise RuntimeError(reply["errors"][0]["message"])
        data: dict[str, Any] = reply["data"]
        return data

    def runs(self) -> list[dict[str, Any]]:
        """All runs, oldest first."""
        runs: list[dict[str, Any]] = self.ask(RUNS)["runsOrError"]["results"]
        return runs[::-1]

    def logs(self, run: str) -> list[dict[str, Any]]:
        """The events of a run, oldest first."""
        events: list[dict[str, Any]] = self.ask(LOGS, run=run)["logsForRun"]["events"]
        return events

    def sensors(self) -> dict[str, dict[str, Any]]:
        """The state of each sensor, with its last looks, newest first.

        Asked for one by one: a list of sensors has no looks any more once `dg dev` was started again.
        """
        states = {}
        for name in ("imports", "held", "rebuild"):
            sensor = self.ask(TICKS, selector={**SELECTOR, "sensorName": name})["sensorOrError"]
            if sensor:
                states[name] = sensor["sensorState"]
        return states

    def stale(self) -> dict[str, list[str]]:
        """The reasons of each asset that the UI marks as stale."""
        nodes = self.ask(STALE)["assetNodes"]
        return {
            node["assetKey"]["path"][0]: [cause["reason"] for cause in node["staleCauses"]]
            for node in nodes
            if node["staleStatus"] == "STALE"
        }

    def slots(self) -> dict[str, int]:
        """The occupied slots of each pool."""
        limits = self.ask(POOLS)["instance"]["concurrencyLimits"]
        return {limit["concurrencyKey"]: limit["activeSlotCount"] for limit in limits}

    # -- what a person clicks --------------------------------------------------------------------

    def launch(self, *assets: str) -> str:
        """*Materialize* these assets; the run's id."""
        selector = {
            **SELECTOR,
            "jobName": "__ASSET_JOB",
            "assetSelection": [{"path": asset.split("/")} for asset in assets],
        }
        parameters = {"selector": selector, "mode": "default", "runConfigData": {}}
        result = self.ask(LAUNCH, parameters=parameters)["launchRun"]
        if result["__typename"] != "LaunchRunSuccess":
            raise RuntimeError(f"not launched: {result}")
        return str(result["run"]["runId"])

    def reload(self) -> None:
        """*Reload definitions*."""
        result = self.ask(RELOAD, name=LOCATION)["reloadRepositoryLocation"]
        if result.get("locationOrLoadError", {}).get("__typename") != "RepositoryLocation":
            raise RuntimeError(f"not loaded: {result}")

    def switch(self, sensor: str, *, on: bool) -> None:
        """The switch of a sensor."""
        if on:
            self.ask(START, selector={**SELECTOR, "sensorName": sensor})
        else:
            self.ask(STOP, id=self.sensors()[sensor]["id"])

    def terminate(self, run: str) -> None:
        """*Terminate* a run, and wait until it has ended."""
        result = self.ask(TERMINATE, run=run)["terminateRun"]
        if result["__typename"] != "TerminateRunSuccess":
            raise RuntimeError(f"not terminated: {result}")
        wait_for(lambda: self.status(run) in ENDED, "a terminated run to end")

    def status(self, run: str) -> str:
        """The status of a run."""
        return next(str(other["status"]) for other in self.runs() if other["runId"] == run)

    def settle(self) -> None:
        """Wait until nothing runs, and the daemon has looked again since and found nothing to do."""
        since = time.time()

        def settled() -> bool:
            nonlocal since
            if any(run["status"] not in ENDED for run in self.runs()):
                since = time.time()
            return self._looked(since)

        wait_for(settled, "the daemon to find nothing to do", 2 * PATIENCE)

    def _looked(self, since: float) -> bool:
        """Whether imports, then what is held, and then twice what to rebuild were looked for since then."""
        sensors = self.sensors()
        for name, times in (("imports", 1), ("held", 1), ("rebuild", 2)):
            if name not in sensors or sensors[name]["status"] == "STOPPED":
                continue
            ticks = [
                tick for tick in sensors[name]["ticks"] if tick["timestamp"] > since and tick["endTimestamp"]
            ]
            if len(ticks) < times:
                return False
            since = min(tick["endTimestamp"] for tick in ticks)
        return True


def wait_for(holds: Callable[[], bool], what: str, seconds: float = PATIENCE) -> float:
    """Wait until ``holds``, and say how many seconds that took; raises TimeoutError naming ``what``."""
    started = time.monotonic()
    while not holds():
        if time.monotonic() - started > seconds:
            raise TimeoutError(f"waited {seconds:.0f} s for {what}")
        time.sleep(0.5)
    return time.monotonic() - started


def messages(events: Sequence[Mapping[str, Any]]) -> list[str]:
    """What a run's log says, failures' sentences included."""
    lines = [str(event["message"]) for event in events if event.get("message")]
    failures = [event["failureMetadata"] for event in events if event.get("failureMetadata")]
    return [*lines, *(str(failure["description"]) for failure in failures if failure.get("description"))]


def _text(name: str) -> str:
    return (REPOSITORY / name).read_text()


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port
