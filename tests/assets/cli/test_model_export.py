"""trimtab models export: a folder that transformers loads, with its card."""

import json
import re
import runpy
from pathlib import Path
from typing import Any

import pytest
import torch

from datasets_registry.bases import base_folder
from datasets_registry.cards.markdown import PATH
from datasets_registry.errors import BadInput, BrokenObject, NoSpace
from datasets_registry.registry import Registry
from generation.models.export import export_model
from generation.models.folder import fingerprint
from generation.models.loading import load
from generation.models.sources import resolve_model
from tests.assets.cli.trained import derived, details_of, run


def greedy(folder: Path, base: Path | None = None) -> list[int]:
    """What the model in ``folder`` says to a chat, token by token; alone it is as transformers loads it."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model: Any = (
        load("AutoModelForCausalLM", folder, base, torch.float32)
        if base
        else AutoModelForCausalLM.from_pretrained(folder)
    )
    chat = tokenizer.apply_chat_template(
        [{"role": "user", "content": "say 1"}],
        add_generation_prompt=True,
        return_tensors="pt",
        return_dict=True,
    )
    tokens = model.generate(**chat, do_sample=False, max_new_tokens=12, min_new_tokens=12)
    return [int(token) for token in tokens[0]]


def test_an_exported_model_says_the_same_tokens(home: Registry, tmp_path: Path) -> None:
    outcome = json.loads(run("models", "export", "sft_policy", tmp_path / "out", "--json").stdout)
    version = home.version("sft_policy", 1)
    assert outcome["version"] == "sft_policy@1" and {
        "README.md",
        "adapter/adapter_config.json",
        "adapter/adapter_model.safetensors",
        "chat_template.jinja",
        "config.json",
        "manifest.json",
        "model.safetensors",
        "tokenizer.json",
    } <= set(outcome["files"])
    served = home.folder(version)
    base = base_folder(home, served)
    assert base == home.folder(home.version("base_policy", 1))
    assert greedy(tmp_path / "out") == greedy(served, base) != greedy(base)
    exported = load("AutoModelForCausalLM", tmp_path / "out", None, torch.float32)
    tokens = torch.arange(40)[None]
    with torch.inference_mode():
        assert torch.equal(
            exported(input_ids=tokens).logits,
            load("AutoModelForCausalLM", served, base, torch.float32)(input_ids=tokens).logits,
        )
    # it names the version that it is of, and is a whole model to start from
    said = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert (said["fingerprint"], said["stored"]) == (version.data_version, "whole")
    assert resolve_model(str(tmp_path / "out"), tmp_path) == tmp_path / "out"
    with pytest.raises(BadInput, match="is stored as an adapter over its base: give what `trimtab models"):
        resolve_model(str(served), tmp_path)


def test_the_code_in_the_card_loads_the_model(home: Registry, tmp_path: Path) -> None:
    run("models", "export", "sft_policy", tmp_path / "out")
    (code,) = re.findall(r"```python\n(.*?)```", (tmp_path / "out" / "README.md").read_text(), re.DOTALL)
    (tmp_path / "load.py").write_text(code.replace("FOLDER", str(tmp_path / "out")))
    names = runpy.run_path(str(tmp_path / "load.py"))
    assert names["model"].config.model_type == "llama" and names["tokenizer"].chat_template


def test_the_card_names_exact_versions_data_licences_evaluations_and_limits(
    home: Registry, tmp_path: Path
) -> None:
    from huggingface_hub import metadata_load

    run("models", "export", "sft_policy", tmp_path / "out")
    card = (tmp_path / "out" / "README.md").read_text()
    assert metadata_load(tmp_path / "out" / "README.md") == {
        "library_name": "transformers",
        "pipeline_tag": "text-generation",
        "license": ["cc-by-4.0", "mit"],
        "datasets": ["cai_sft"],
        "tags": ["trimtab", "sft"],
    }
    data = home.version("cai_sft", 1)
    for text in (
        f"| train | cai_sft@1 | {data.data_version} | 5 | passed |",
        "| base_policy@1 | passed | taken as",
        "trained by sft from base_policy@1 on cai_sft@1 (train)",
        "| rows_lost | passed | error | 0.2 |",
        "| completion | string | The answer to learn | no |",
        "- warns: short_share is 0.9, must be",
        '"lora_rank": 4',
        "| rows too_long | 1 |",
        "| evaluation@1 | harmlessness | harm | 0.25 |",
        "- Of 5 rows given, 4 were trained on (too_long 1).",
        "- cai_sft@1 warns: short_share",
        "- evaluation@1 has a figure of it from only 7 items",
        "- weights of base_policy@1: mit",
        "helpful_prompts@1",
    ):
        assert text in card, card


def test_no_path_of_the_machine_and_no_pickle_is_in_any_file(home: Registry, tmp_path: Path) -> None:
    for name in ("sft_policy", "base_policy"):
        run("models", "export", name, tmp_path / name)
        for path in (path for path in (tmp_path / name).rglob("*") if path.is_file()):
            assert path.suffix in (".safetensors", ".json", ".jinja", ".md", "")
            content = path.read_bytes()
            assert str(home.state.root.parent).encode() not in content, path
            if path.name != "tokenizer.json" and path.suffix in (".json", ".md"):
                assert not PATH.findall(content.decode()), path
    assert "see (a local path)" in (tmp_path / "sft_policy" / "manifest.json").read_text()
    assert "no (a local path)" in (tmp_path / "sft_policy" / "README.md").read_text()


def test_a_given_model_is_shown_and_exported_with_its_licence(home: Registry, tmp_path: Path) -> None:
    assert details_of("base_policy")["datasets"] == {} and details_of("base_policy")["base"] is None
    assert "taken as given: a local directory" in run("models", "show", "base_policy").stdout
    printed = run("models", "export", "base_policy", tmp_path / "out").stdout
    assert printed.startswith("base_policy@1: ") and not (tmp_path / "out" / "manifest.json").exists()
    assert (tmp_path / "out" / "LICENSE").read_text() == "Do as you like."
    card = (tmp_path / "out" / "README.md").read_text()
    assert 'license: "mit"' in card and "base_model" not in card and "taken as given" in card
    assert greedy(tmp_path / "out") == greedy(home.folder(home.version("base_policy", 1)))


def test_an_existing_folder_is_refused_and_stays(home: Registry, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x")
    with pytest.raises(BadInput, match="is not empty: name another folder"):
        run("models", "export", "sft_policy", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_an_export_that_fails_leaves_nothing(home: Registry, tmp_path: Path) -> None:
    def full(done: int) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(NoSpace, match="No space left on device"):
        export_model(home, home.version("sft_policy", 1), tmp_path / "out", full)
    assert list(tmp_path.iterdir()) == []


def test_a_push_without_a_token_is_refused_before_anything_is_written(
    home: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_TOKEN", raising=False)
    with pytest.raises(BadInput, match="HF_TOKEN is not set"):
        run("models", "export", "sft_policy", tmp_path / "out", "--push", "me/policy")
    assert not (tmp_path / "out").exists()


def test_a_model_that_has_not_passed_is_exported_with_a_warning(
    registry: Registry, tiny_model: Path, tmp_path: Path
) -> None:
    registry.commit_model("policy", tiny_model, fingerprint(tiny_model), derived())
    result = run("models", "export", "policy@1", tmp_path / "out")
    assert "warning: policy@1 is candidate: it has not passed its checks" in result.stderr
    card = (tmp_path / "out" / "README.md").read_text()
    assert "- policy@1 is candidate: it has not passed its checks." in card
    assert "- The licence of policy@1 (a local directory) is not known." in card
    assert 'license: "unknown"' in card


def test_weights_that_are_not_what_was_registered_are_not_exported(
    registry: Registry, tiny_model: Path, tmp_path: Path
) -> None:
    version = registry.commit_model("policy", tiny_model, "f" * 64, derived())
    with pytest.raises(
        BrokenObject, match="does not hold the weights of policy@1: `trimtab verify policy@1`"
    ):
        run("models", "export", str(version), tmp_path / "out")
    assert not (tmp_path / "out").exists()
