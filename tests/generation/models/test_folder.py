"""A model directory is safetensors alone, and its fingerprint is what it is, not where."""

import json
import re
import shutil
from pathlib import Path

import pytest
import transformers
from transformers import tokenization_utils_base
from transformers.utils import CONFIG_NAME, FEATURE_EXTRACTOR_NAME, GENERATION_CONFIG_NAME, PROCESSOR_NAME

from datasets_registry.errors import BadInput
from generation.models.folder import fingerprint, validated_folder
from generation.models.sources import LAB, SMOLLM2, local_folder, require_source, resolve_model


def test_a_copy_has_the_same_fingerprint_and_an_edit_another(tiny_model: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(tiny_model, tmp_path / "copy")
    assert fingerprint(copy) == fingerprint(tiny_model)
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps(config | {"_name_or_path": "elsewhere"}))
    assert fingerprint(copy) == fingerprint(tiny_model)
    (copy / "chat_template.jinja").write_text("other")
    assert fingerprint(copy) != fingerprint(tiny_model)


def loaded_files() -> set[str]:
    """The names of all files that a tokenizer of transformers may read, and of configs."""
    source = Path(transformers.__file__).parent / "models"
    tables = (
        table[1]
        for path in source.glob("*/tokenization*.py")
        for table in re.finditer(r"VOCAB_FILES_NAMES\s*=\s*\{(.*?)\}", path.read_text(), re.S)
    )
    named = {name for table in tables for name in re.findall(r':\s*"([^"]+)"', table)}
    beside = (tokenization_utils_base.ADDED_TOKENS_FILE, tokenization_utils_base.SPECIAL_TOKENS_MAP_FILE)
    return named | {*beside, CONFIG_NAME, GENERATION_CONFIG_NAME, PROCESSOR_NAME, FEATURE_EXTRACTOR_NAME}


def test_every_file_that_loading_reads_is_in_the_fingerprint(tiny_model: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(tiny_model, tmp_path / "copy")
    known = fingerprint(copy)
    names = [*sorted(loaded_files()), "tekken.json", "tiktoken.model", "additional_chat_templates/rag.jinja"]
    assert len(names) > 25
    for name in (*names, "model-00002-of-00002.safetensors"):
        path = copy / name
        before = path.read_bytes() if path.exists() else None
        path.parent.mkdir(exist_ok=True)
        path.write_text('{"changed": 1}')
        assert fingerprint(copy) != known, name
        path.unlink()
        if before is not None:
            path.write_bytes(before)
        assert fingerprint(copy) == known, name
    (copy / "README.md").write_text("other")
    assert fingerprint(copy) == known


def test_a_directory_without_weights_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(tiny_model, tmp_path / "copy")
    (copy / "model.safetensors").unlink()
    with pytest.raises(BadInput, match="no .*safetensors weights"):
        validated_folder(copy)


def test_an_adapter_is_no_model_to_start_from(tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text("{}")
    with pytest.raises(BadInput, match="has adapter_config.json: it is an adapter, so merge it"):
        resolve_model(str(tmp_path), tmp_path)
    # transformers would load whatever base it names
    copy = shutil.copytree(tiny_model, tmp_path / "copy")
    (copy / "adapter_config.json").write_text("{}")
    with pytest.raises(BadInput, match="it is an adapter"):
        validated_folder(copy)


def test_a_directory_that_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="has no config.json"):
        resolve_model(str(tmp_path), tmp_path)


@pytest.mark.parametrize("source", ["/nowhere/model", "./nowhere", "nothing", "a/b/c"])
def test_a_name_that_is_nothing_says_what_it_may_be(source: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="neither a directory, nor a hub id"):
        resolve_model(source, tmp_path)


def test_a_hub_id_that_cannot_be_had_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="could not be downloaded from the hub"):
        resolve_model("trimtab-test/does-not-exist", tmp_path)


@pytest.mark.model
def test_the_packaged_model_is_converted_once(smollm2: Path) -> None:
    stamp = (smollm2 / "model.safetensors").stat().st_mtime_ns
    assert resolve_model(SMOLLM2, smollm2.parent) == smollm2
    assert (smollm2 / "model.safetensors").stat().st_mtime_ns == stamp


@pytest.mark.parametrize("source", [SMOLLM2, LAB])
def test_a_folder_with_the_name_of_a_model_that_comes_along_is_not_taken_for_it(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / source).mkdir()
    monkeypatch.chdir(tmp_path)
    assert local_folder(source) is None
    require_source(source)
    # by its path it is a folder like any other, and this one is empty
    assert local_folder(f"./{source}") == Path(source)
    with pytest.raises(BadInput, match=r"config\.json"):
        require_source(f"./{source}")
