"""Verification that stored versions are as committed: objects hashed again, checks run again."""

from collections.abc import Iterator
from dataclasses import dataclass

from datasets_registry.bases import base_folder
from datasets_registry.cards.licences import lineage_of
from datasets_registry.catalog.lost import count_found, count_lost
from datasets_registry.errors import TrimtabError
from datasets_registry.hosted import read_hosted
from datasets_registry.manifest import Manifest
from datasets_registry.registry import Registry
from datasets_registry.store.model_files import damaged_files, file_name
from datasets_registry.store.objects import damage, object_name
from datasets_registry.upkeep.restoring import restore_file, restore_object
from datasets_registry.version import CheckResult, Version
from generation.models.folder import fingerprint, fingerprint_afresh, require_base
from generation.templates.opening import open_tokenizer
from quality.checks.check import Check, run_check
from quality.checks.table import checks_of_rows

# of what a bucket lost, by whether it is restored
_REMEDIES = {
    True: "it is restored from the copy on this machine",
    False: "verify it on a machine that has a copy, or materialize it again, to restore it",
}


@dataclass(frozen=True)
class Damage:
    """One thing that is wrong with a version, or was until a bucket's file was restored."""

    version: str
    what: str
    restored: bool = False


def verify(registry: Registry, version: Version) -> list[Damage]:
    """Everything that is wrong with ``version``; nothing where it is whole and its checks repeat.

    What a bucket lost is sent again where this machine has a copy, and else counts as lost from now on.
    """
    is_model = version.kind == "model"
    stored = list(_files(registry, version) if is_model else _objects(registry, version))
    if not all(damage.restored for damage in stored):
        return stored
    more = _model(registry, version) if is_model else _checks(registry, version)
    return [*stored, *(Damage(str(version), what) for what in more)]


def _objects(registry: Registry, version: Version) -> Iterator[Damage]:
    shas, is_here = version.shas, registry.store.url is None
    recorded = {stored.sha: stored for stored in registry.records.objects(shas)}
    for sha in shas:
        key = object_name(sha)
        if sha in recorded:
            wrong = damage(registry.store, recorded[sha])
        else:
            wrong = None if is_here and registry.store.holds(key) else "is missing"
        if wrong and is_here:
            yield Damage(str(version), f"object {registry.store.place(key)} {wrong}")
        elif wrong:
            file_sha = recorded[sha].file_sha if sha in recorded else None
            restored = restore_object(registry, sha, file_sha)
            if not restored:
                # a build takes the version for whole while its objects count as stored
                registry.forget([key])
            what = f"object {registry.store.url}/{key} {wrong}: {_REMEDIES[restored]}"
            yield Damage(str(version), what, restored)


def _files(registry: Registry, version: Version) -> Iterator[Damage]:
    """What is wrong with a model's files in the bucket."""
    files = registry.sent(version)
    damaged = damaged_files(registry.store, files)
    count_found(registry.records, [file_name(files[part]["sha256"]) for part in files.keys() - damaged])
    for part, what in damaged.items():
        restored = restore_file(registry, version, part)
        if not restored:
            # a build takes the version for whole, too
            count_lost(registry.records, [file_name(files[part]["sha256"])])
        yield Damage(str(version), f"{part}: {what}: {_REMEDIES[restored]}", restored)


def _checks(registry: Registry, version: Version) -> Iterator[str]:
    how = registry.derivation(version)
    recorded = {result.check: result for result in registry.checks(version)}
    for check in checks_of_rows(version.content.get("row", version.name), how):
        try:
            result = run_check(check, registry, version, how.inputs)
        except TrimtabError as error:
            yield f"check {check.name} cannot run: {error}"
            continue
        before = recorded.get(check.name)
        if before is None:
            yield f"check {check.name} was never recorded; now {result.description}"
        elif before.value != result.value and not _repeats(check, registry, version, before):
            yield f"check {check.name} was {before.value} when recorded and is now {result.value}"


def _repeats(check: Check, registry: Registry, version: Version, before: CheckResult) -> bool:
    """Whether a check gives its recorded figure on all that ``version`` goes back to.

    Until what checks alone read became an input, it was read and not recorded.
    """
    ground = [ancestor for ancestor in lineage_of(registry, version) if ancestor != version]
    return run_check(check, registry, version, ground).value == before.value


def _model(registry: Registry, version: Version) -> Iterator[str]:
    folder = registry.folder(version)
    if read_hosted(folder) is None and not (folder / "config.json").exists():
        yield f"model folder {folder} is missing"
        return
    if fingerprint_afresh(folder) != version.data_version:
        yield f"model folder {folder} does not hold the weights that were registered"
    try:
        base = base_folder(registry, folder)
        if base is not None:
            require_base(folder, base)
            if fingerprint_afresh(base) != fingerprint(base):
                yield f"model folder {base}, which it is an adapter over, does not hold its weights any more"
        if Manifest.read(folder).rendering is not None:
            open_tokenizer(folder)
    except TrimtabError as error:
        yield str(error)
