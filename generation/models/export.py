"""A model version as a folder that transformers loads, with its card: written whole or not at all."""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from datasets_registry.cards.markdown import PATH, without_paths
from datasets_registry.cards.model import model_card
from datasets_registry.errors import BrokenObject
from datasets_registry.exporting.exporting import require_empty, written_whole
from datasets_registry.inspecting.model_details import require_model
from datasets_registry.manifest import FILE
from datasets_registry.registry import Registry
from datasets_registry.version import Version
from generation.models.folder import fingerprint, fingerprinted_files, validated_folder

# where libraries record the folder that a model was loaded from
_CONFIGS = ("config.json", "generation_config.json", "tokenizer_config.json", "adapter_config.json")


def export_model(
    registry: Registry, version: Version, folder: Path, report: Callable[[int], None] = lambda done: None
) -> list[Path]:
    """Write ``version`` and its card into ``folder``, which must be empty or absent; returns the files.

    ``report`` gets the number of bytes written so far. Raises BadInput where ``version`` is a dataset
    or its folder has pickles, and BrokenObject where the folder is not what was registered.
    """
    require_empty(folder)
    source = registry.folder(require_model(version))
    if not source.exists() or fingerprint(validated_folder(source)) != version.data_version:
        raise BrokenObject(
            f"{source} does not hold the weights of {version}: `trimtab verify {version}` says what is "
            "wrong; build it again"
        )
    text = model_card(registry, version)
    with written_whole(folder) as temporary:
        done = 0
        for path in exported_files(source):
            _copy(path, temporary / path.relative_to(source))
            report(done := done + path.stat().st_size)
        (temporary / "README.md").write_text(text, encoding="utf-8")
    return sorted(path for path in folder.rglob("*") if path.is_file())


def exported_files(folder: Path) -> list[Path]:
    """What a model consists of: all that decides its fingerprint, adapter, manifest and licence texts."""
    adapter = folder / "adapter"
    further = [*adapter.glob("*.safetensors"), adapter / "adapter_config.json", folder / FILE]
    further += [*folder.glob("LICENSE*"), *folder.glob("NOTICE*")]
    return [*fingerprinted_files(folder), *(path for path in further if path.is_file())]


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
