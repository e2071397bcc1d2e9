"""Models of earlier releases, merged with their adapter beside them, stay what they were."""

import json
import shutil
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

from datasets_registry.manifest import Manifest
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import SftExample
from generation.engine import EngineSettings
from generation.models.export import export_model
from generation.models.folder import fingerprint, validated_folder
from generation.request import Message, Request, SamplingParams
from generation.transformers_local.backend import TransformersBackend
from quality.auditing.verify import verify
from tests.loaded import base_of, loaded
from tests.rows import make
from tests.training.runs import NOTHING, SETTINGS, commit, manifest, write
from training.sft import sft


def merged(base: Path, folder: Path) -> Path:
    """What an earlier release left of a run: merged weights, and the adapter beside them."""
    torch.manual_seed(1)
    lora = LoraConfig(r=4, target_modules="all-linear", init_lora_weights=False, task_type="CAUSAL_LM")
    model = get_peft_model(AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32), lora)
    shutil.copytree(base, folder)
    model.save_pretrained(folder / "adapter")
    path = folder / "adapter" / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"base_model_name_or_path": fingerprint(base)}))
    model.merge_and_unload().save_pretrained(folder)
    Manifest(name="policy", trainer="sft", dtype="float32", fingerprint=fingerprint(folder)).write(folder)
    return folder


def test_a_merged_model_loads_serves_verifies_exports_and_is_a_base(
    base: Path, registry: Registry, tmp_path: Path
) -> None:
    folder = validated_folder(merged(base, tmp_path / "merged"))
    alone = shutil.copytree(folder, tmp_path / "alone", ignore=shutil.ignore_patterns("adapter"))
    # its adapter was never part of its identity
    assert fingerprint(folder) == fingerprint(alone) and base_of(folder) is None
    version = registry.commit_model("policy", folder, fingerprint(folder), NOTHING)
    version = registry.record_checks(version, [])
    assert verify(registry, version) == []
    asked = Request(
        messages=(Message(role="user", content="hello"),), params=SamplingParams(temperature=0, max_tokens=4)
    )
    said = [
        next(iter(TransformersBackend(place, EngineSettings()).complete([asked])))[1].text
        for place in (folder, alone)
    ]
    assert said[0] == said[1]
    export_model(registry, version, tmp_path / "out")
    assert fingerprint(tmp_path / "out") == version.data_version
    rows = [make(SftExample, f"p{number}", completion="yes yes yes") for number in range(8)]
    path = write(
        tmp_path / "run",
        commit(registry, SftExample, rows),
        base="policy@1",
        settings=SETTINGS | {"max_steps": 2},
    )
    sft(path, lambda _: None)
    trained = tmp_path / "run" / "model"
    assert manifest(tmp_path / "run")["stored"] == "adapter" and base_of(trained) == folder
    tokens = torch.arange(40)[None]
    with torch.inference_mode():
        assert not torch.equal(loaded(trained)(tokens).logits, loaded(folder)(tokens).logits)
