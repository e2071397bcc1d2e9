"""A model version as a folder that transformers loads, with its card: written whole or not at all."""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from datasets_registry.adapters import CONFIG
from datasets_registry.adapters import FOLDER as ADAPTER
from datasets_registry.bases import base_folder
from datasets_registry.cards.markdown import PATH, without_paths
from datasets_registry.cards.model import model_card
from datasets_registry.errors import BadInput, BrokenObject
from datasets_registry.exporting.exporting import written_whole
from datasets_registry.exporting.places import require_empty
from datasets_registry.hosted import read_hosted
from datasets_registry.inspecting.model_details import require_model
from datasets_registry.manifest import FILE
from datasets_registry.registry import Registry
from datasets_registry.version import Version
from generation.models.folder import fingerprint, fingerprinted_files, validated_folder
from generation.models.merging import merged_bytes

# where libraries record the folder that a model was loaded from
_CONFIGS = ("config.json", "generation_config.json", "tokenizer_config.json", "adapter_config.json")


def export_model(
    registry: Registry, version: Version, folder: Path, report: Callable[[int], None] = lambda done: None
) -> list[Path]:
    """Write ``version`` and its card into ``folder``, which must be empty or absent; returns the files.

    ``report`` gets the number of bytes written so far. A model that is stored as an adapter is merged into
    its base in float32, with twice the base's largest file in memory. Raises BadInput where ``version`` is a
    dataset or its folder has pickles, and BrokenObject where the folder is not what was registered.
    """
    require_empty(folder)
    source = registry.folder(require_model(version))
    if not source.exists() or fingerprint(validated_folder(source)) != version.data_version:
        raise BrokenObject(
            f"{source} does not hold the weights of {version}: `trimtab verify {version}` says what is "
            "wrong; build it again"
        )
    text, base = model_card(registry, version), base_folder(registry, source)
    with written_whole(folder) as temporary:
        done = 0
        for path in exported_files(source):
            _copy(path, temporary / path.relative_to(source))
            report(done := done + path.stat().st_size)
        if base is not None:
            _merge(source, base, temporary, lambda written: report(done + written))
        (temporary / "README.md").write_text(text, encoding="utf-8")
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _merge(source: Path, base: Path, target: Path, report: Callable[[int], None]) -> None:
    """Write the weights of a model that is stored as an adapter whole, in float32."""
    from generation.models.merging import write_merged

    write_merged(source, base, target, report)
    manifest = json.loads((target / FILE).read_text(encoding="utf-8"))
    _write(target / FILE, manifest | {"stored": "whole"})


def exported_bytes(registry: Registry, version: Version) -> int:
    """About how large the exported model will be: an adapter is merged into its base, in float32.

    Raises BadInput for a hosted model, which has no files.
    """
    source = registry.folder(version)
    if hosted := read_hosted(source):
        raise BadInput(
            f"{version} is {hosted.model}, hosted by {hosted.provider}: it has no files here to export: "
            "ask its provider for them, or export a model that was trained here"
        )
    base = base_folder(registry, source)
    size = sum(file.stat().st_size for file in exported_files(source))
    return size + (merged_bytes(base) if base else 0)


def exported_files(folder: Path) -> list[Path]:
    """What a model consists of: all that decides its fingerprint, adapter, manifest and licence texts."""
    adapter = folder / ADAPTER
    further = [*adapter.glob("*.safetensors"), adapter / CONFIG, folder / FILE]
    further += [*folder.glob("LICENSE*"), *folder.glob("NOTICE*")]
    return sorted({*fingerprinted_files(folder), *(path for path in further if path.is_file())})


def _copy(path: Path, target: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    if path.name == FILE:
        _write(target, without_paths(json.loads(path.read_text(encoding="utf-8"))))
        return
    content = json.loads(path.read_text(encoding="utf-8")) if path.name in _CONFIGS else {}
    local = [name for name, value in content.items() if isinstance(value, str) and PATH.fullmatch(value)]
    if local:
        _write(target, {name: value for name, value in content.items() if name not in local})
    else:
        shutil.copyfile(path, target)


def _write(path: Path, content: Mapping[str, object]) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False), encoding="utf-8")
