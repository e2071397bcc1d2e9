"""docker-compose.yml: what its services need is there, no port is open to others, and no secret is in it."""

import re
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import pytest
import yaml

from assets.cluster.home import DRIVER, VARIABLE
from datasets_registry.state import REPOSITORY

TEXT = (REPOSITORY / "docker-compose.yml").read_text(encoding="utf-8")
FILE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
CONDITIONS = {"service_started", "service_healthy", "service_completed_successfully"}


def conditions(service: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What a service waits for, and for what of it."""
    needed = service.get("depends_on", {})
    for name in needed:
        yield name, needed[name]["condition"] if isinstance(needed, dict) else "service_started"


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_needs_is_there(name: str) -> None:
    service = SERVICES[name]
    assert ("image" in service) != ("build" in service)
    for other, condition in conditions(service):
        assert condition in CONDITIONS and other in SERVICES
        if condition == "service_healthy":
            assert "healthcheck" in SERVICES[other]
    for volume in service.get("volumes", []):
        assert volume.partition(":")[0] in FILE["volumes"]
    for config in service.get("configs", []):
        assert config["source"] in FILE["configs"]


@pytest.mark.parametrize("name", SERVICES)
def test_ports_are_open_to_this_machine_alone(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in SERVICES[name].get("ports", []))


@pytest.mark.parametrize("name", OURS)
def test_ours_run_modules_and_programs_that_there_are(name: str) -> None:
    words = OURS[name]["command"].split()
    assert words[0] in ("ray", "python", "dagster-daemon", "dagster-webserver")
    if "-m" in words:
        assert find_spec(words[words.index("-m") + 1]) is not None
    if "--address=ray-head:6379" in words:
        assert "--port=6379" in OURS["ray-head"]["command"]


def test_the_environment_is_what_the_code_reads() -> None:
    environment = OURS["daemon"]["environment"]
    assert environment[VARIABLE].startswith(DRIVER)
    assert environment["TRIMTAB_CATALOG"].startswith("postgresql+psycopg://")
    home = OURS["home"]["command"].split()[-1]
    assert environment["DAGSTER_HOME"] == home and home.startswith(environment["TRIMTAB_HOME"])
    assert environment["RAY_AUTH_MODE"] == "token"
    assert all(service["environment"] == environment for service in OURS.values())


def test_secrets_come_from_elsewhere_and_are_asked_for() -> None:
    named = re.findall(r"\$\{([A-Z_0-9]+)(:\?[^}]+)?", TEXT)
    required = {name for name, demand in named if demand}
    assert required == {"POSTGRES_PASSWORD", "S3_SECRET", "RAY_TOKEN"}
    lines = [line for line in TEXT.splitlines() if re.search("(?i)password|secret|token", line)]
    assert all("${" in line or "token" in line.partition(":")[2] or line.startswith("#") for line in lines)
