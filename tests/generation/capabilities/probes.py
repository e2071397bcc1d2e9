"""A stored probe with the verdicts that a test names; all else was served."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from datasets_registry.hosted import Hosted, hosted_folder, provider
from generation.capabilities.capability import NAMES, Capability, Name, Probe, Verdict
from generation.capabilities.stored import store
from generation.engine import EngineSettings


def write_probe(
    models: Path,
    settings: EngineSettings,
    verdicts: Mapping[str, Verdict] | None = None,
    *,
    stated: str = "1",
    day: int = 29,
) -> Probe:
    """Store a probe of the model that ``settings`` name, made on that day of November 2026."""
    capabilities: dict[Name, Capability] = {
        name: Capability(verdict=(verdicts or {}).get(name, "served"), seen=f"what was seen of {name}")
        for name in NAMES
    }
    address = settings.base_url or ""
    hosted = Hosted(
        provider=provider(address),
        model=settings.served_model or "",
        revision=settings.served_revision,
        stated=stated,
    )
    probe = Probe(
        address=address,
        hosted=hosted,
        at=datetime(2026, 11, day, tzinfo=UTC),
        num_calls=13,
        num_tokens=300,
        capabilities=capabilities,
    )
    store(models, hosted_folder(models, hosted), probe)
    return probe
