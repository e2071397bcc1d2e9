"""Probes in the state folder: beside the hosted models' folders, whose fingerprints do not hold them."""

from pathlib import Path

from pydantic import ValidationError

from datasets_registry.errors import BadInput
from datasets_registry.hosted import HOSTED, Hosted, provider
from datasets_registry.state import durable
from generation.capabilities.capability import Probe
from generation.engine import EngineSettings, server_of

ENDING = ".capabilities.json"


def store(models: Path, folder: Path, probe: Probe) -> None:
    """Keep ``probe`` beside the hosted model's ``folder``, in place of an earlier one."""
    with durable(models / HOSTED / f"{folder.name}{ENDING}") as path:
        path.write_text(probe.model_dump_json(indent=2))


def stored_beside(folder: Path, backend: str, settings: EngineSettings) -> Probe | None:
    """The probe of the hosted model of ``folder`` at this address, if there is one."""
    path = folder.with_name(f"{folder.name}{ENDING}")
    probe = _read(path) if path.is_file() else None
    return probe if probe and probe.address == server_of(backend, settings) else None


def newest(models: Path, backend: str, settings: EngineSettings) -> Probe | None:
    """The latest probe of the model that ``settings`` name at its address; None where there is none.

    Raises BadInput where a stored one is damaged.
    """
    address = server_of(backend, settings)
    named = (provider(address), settings.served_model or "", settings.served_revision)
    probes = [_read(path) for path in sorted((models / HOSTED).glob(f"*{ENDING}"))]
    alike = [probe for probe in probes if probe.address == address and _names(probe.hosted) == named]
    return max(alike, key=lambda probe: probe.at, default=None)


def _names(hosted: Hosted) -> tuple[str, str, str | None]:
    return hosted.provider, hosted.model, hosted.revision


def _read(path: Path) -> Probe:
    try:
        return Probe.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise BadInput(
            f"{path} does not say what a server can do: remove it, then `trimtab backends --probe`"
        ) from error
