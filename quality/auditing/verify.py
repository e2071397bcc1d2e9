"""Whether what is stored is still what was committed: objects hashed again, checks run again."""

from collections.abc import Iterator
from dataclasses import dataclass

from datasets_registry.errors import TrimtabError
from datasets_registry.registry import Registry
from datasets_registry.store.objects import damage, object_path
from datasets_registry.version import Version
from generation.models.folder import fingerprint
from quality.checks.check import run_check
from quality.checks.table import checks_of


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a version."""

    version: str
    what: str


def verify(registry: Registry, version: Version) -> list[Finding]:
    """Everything that is wrong with ``version``; empty where it is whole and its checks say as before."""
    if version.kind == "model":
        broken = list(_model(registry, version))
    else:
        broken = list(_objects(registry, version)) or list(_checks(registry, version))
    return [Finding(str(version), one) for one in broken]


def _objects(registry: Registry, version: Version) -> Iterator[str]:
    shas = [one[0] for one in version.content["objects"]]
    recorded = {one.sha: one for one in registry.records.objects(shas)}
    for sha in shas:
        path = object_path(registry.state.objects, sha)
        if sha in recorded:
            wrong = damage(registry.state.objects, recorded[sha])
        else:
            wrong = None if path.exists() else "is missing"
        if wrong:
            yield f"object {path} {wrong}"


def _checks(registry: Registry, version: Version) -> Iterator[str]:
    inputs = registry.derivation(version).inputs
    before = {one.check: one for one in registry.checks(version)}
    for check in checks_of(version.content.get("row", version.name)):
        try:
            now = run_check(check, registry, version, inputs)
        except TrimtabError as error:
            yield f"check {check.name} cannot run: {error}"
            continue
        then = before.get(check.name)
        if then is None:
            yield f"check {check.name} was never recorded; now: {now.description}"
        elif then.value != now.value:
            yield f"check {check.name} recorded {then.value} and now finds {now.value}"


def _model(registry: Registry, version: Version) -> Iterator[str]:
    folder = registry.folder(version)
    if not (folder / "config.json").exists():
        yield f"model folder {folder} is missing"
    elif fingerprint(folder) != version.data_version:
        yield f"model folder {folder} does not hold the weights that were registered"
