"""The latest passed version of a dataset or model, also where a newer one did not pass."""

from datasets_registry.errors import UnpassedVersion
from datasets_registry.registry import Registry
from datasets_registry.version import Version


def latest_passed(registry: Registry, name: str) -> Version:
    """The newest build of ``name`` if it passed, else the last version that did.

    Raises UnpassedVersion with the failing check where none did.
    """
    newest = registry.newest(name) or registry.versions(name)[-1]
    passed = [one for one in [*registry.versions(name), newest] if one.status == "passed"]
    if passed:
        return passed[-1]
    red = [one for one in registry.checks(newest) if not one.passed and one.severity == "error"]
    why = f"check {red[0].check} failed: {red[0].description}" if red else "it was never checked"
    raise UnpassedVersion(
        f"no version of {name!r} has passed; {newest} is {newest.status} ({why}): `trimtab show {newest}`"
        " looks into it"
    )


def find_version(registry: Registry, reference: str) -> Version:
    """The version that ``name@3`` names, whatever its status; ``name`` is the latest passed."""
    return registry.resolve(reference) if "@" in reference else latest_passed(registry, reference)
