"""trimtab models show and export: what a model stands on, and a folder that transformers loads."""

import json
import re
import runpy
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from assets.building.model import register
from assets.cli import printing
from assets.cli.main import app
from datasets_registry.cards.markdown import PATH
from datasets_registry.errors import BadInput, BrokenObject, NoSpace, UnknownVersion
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import SftExample
from datasets_registry.rows.evaluation import EvaluationAnswer, Metric
from datasets_registry.rows.prompts import HelpfulPrompt
from datasets_registry.state import State
from datasets_registry.version import CheckResult, Derivation, Version
from generation.models.export import export_model
from generation.models.folder import fingerprint
from quality.checks.models import model_checks
from tests.rows import make
from tests.traced import Traced
from tests.training.runs import SETTINGS, write
from training.sft import sft

WARNS = CheckResult(
    check="short_share",
    passed=False,
    severity="warning",
    value=0.9,
    threshold=0.5,
    description="short_share is 0.9, must be at most 0.5; catches answers of one word",
)


def derived(*inputs: Version, **settings: object) -> Derivation:
    """A derivation from these inputs."""
    return Derivation(code_version="1", settings=settings, inputs=inputs)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[Registry]:
    """sft_policy@1, trained with an adapter on cai_sft@1 from a given base_policy@1, and its evaluation."""
    root = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRIMTAB_HOME", str(root / "state"))
        patch.delenv("TRIMTAB_CATALOG", raising=False)
        registry = Registry(State().prepare())
        base = _base(registry, shutil.copytree(tiny_model, root / "given"))
        data = _data(registry)
        settings = SETTINGS | {"max_steps": 2, "lora_rank": 4, "max_lost_share": 0.5}
        path = write(root / "run", str(data), name="sft_policy", settings=settings)
        sft(path, lambda line: None)
        _note_a_path(root / "run" / "model" / "manifest.json", root)
        policy = register(
            registry,
            "sft_policy",
            root / "run",
            derived(base, data, verifier="maths"),
            model_checks("supervised"),
        )
        _evaluate(registry, base, policy)
        yield registry
        registry.engine.dispose()


def _base(registry: Registry, folder: Path) -> Version:
    """A given model whose files say where it lay."""
    for name, key in (("config.json", "_name_or_path"), ("tokenizer_config.json", "name_or_path")):
        path = folder / name
        path.write_text(json.dumps(json.loads(path.read_text()) | {key: str(folder)}))
    (folder / "LICENSE").write_text("Do as you like.")
    (folder / "README.md").write_text("---\nlicense: mit\n---\n")
    version = registry.commit_model("base_policy", folder, fingerprint(folder), derived(model=str(folder)))
    return registry.record_checks(version, [])


def _note_a_path(manifest: Path, root: Path) -> None:
    """Let the manifest say where something lay, as a later setting may."""
    told = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(told | {"settings": told["settings"] | {"notes": [f"see {root}/notes"]}}))


def _data(registry: Registry) -> Version:
    prompts = [make(HelpfulPrompt, f"p{place}", licence="CC-BY-4.0") for place in range(4)]
    source = registry.record_checks(registry.commit(HelpfulPrompt, prompts, derived()), [])
    rows = [make(SftExample, f"p{place}", prompt=f"say {place}") for place in range(4)]
    rows.append(make(SftExample, "p5", completion="too long " * 60))
    told = f"cannot be measured: no {registry.state.objects}/ab/abc.parquet"
    unmeasured = WARNS.model_copy(update={"check": "leakage", "value": None, "description": told})
    return registry.record_checks(registry.commit(SftExample, rows, derived(source)), [WARNS, unmeasured])


def _evaluate(registry: Registry, *models: Version) -> None:
    answers = [make(EvaluationAnswer, model=one.name) for one in models]
    told = registry.record_checks(registry.commit(EvaluationAnswer, answers, derived(*models)), [])
    figures = [make(Metric, model=one.name, value=0.25, num_items=7) for one in models]
    registry.record_checks(registry.commit(Metric, figures, derived(told)), [])


@pytest.fixture
def home(trained: Registry, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """The same registry as the commands' own."""
    monkeypatch.setenv("TRIMTAB_HOME", str(trained.state.root))
    monkeypatch.delenv("TRIMTAB_CATALOG", raising=False)
    return trained


def run(*arguments: object) -> Result:
    """The finished command."""
    result = CliRunner().invoke(app, [str(one) for one in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


def shown(name: str) -> Any:
    """What `models show` tells programs."""
    return json.loads(run("models", "show", name, "--json").stdout)


def greedy(folder: Path) -> list[int]:
    """What the model in ``folder`` says to a chat, token by token."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model, tokenizer = (one.from_pretrained(folder) for one in (AutoModelForCausalLM, AutoTokenizer))
    asked = tokenizer.apply_chat_template(
        [{"role": "user", "content": "say 1"}],
        add_generation_prompt=True,
        return_tensors="pt",
        return_dict=True,
    )
    told = model.generate(**asked, do_sample=False, max_new_tokens=12, min_new_tokens=12)
    return [int(one) for one in told[0]]


def test_models_without_a_command_goes_on_listing(home: Registry) -> None:
    assert [one["name"] for one in json.loads(run("models", "--json").stdout)] == [
        "base_policy",
        "sft_policy",
    ]
    assert "cai_sft@1" in run("models").stdout


def test_show_tells_data_chain_rows_evaluations_and_files(home: Registry) -> None:
    found = shown("sft_policy")
    data = home.version("cai_sft", 1)
    assert (found["version"], found["status"], found["base"]) == ("sft_policy@1", "passed", "base_policy@1")
    assert found["datasets"] == {
        "train": {"version": "cai_sft@1", "data_version": data.data_version, "status": "passed", "rows": 5}
    }
    assert (found["rows"]["given"], found["rows"]["trained"], found["rows"]["too_long"]) == (5, 4, 1)
    assert (found["settings"]["lora_rank"], found["settings"]["verifier"]) == (4, "maths")
    assert found["trainer"] == "sft" and found["metrics"]["loss"] > 0 and found["seconds"] > 0
    assert {"torch", "transformers", "trl", "peft"} <= set(found["libraries"])
    assert [(one["check"], one["passed"], one["value"]) for one in found["checks"]] == [
        ("rows_lost", True, 0.2)
    ]
    assert [(one["version"], one["given"]) for one in found["chain"]] == [
        ("sft_policy@1", None),
        ("base_policy@1", "a local directory"),
    ]
    assert [(one["version"], one["rows"]) for one in found["evaluations"]] == [
        ("evaluation_answers@1", 1),
        ("evaluation@1", 1),
    ]
    assert found["evaluations"][1]["figures"][0]["value"] == 0.25
    assert "adapter/adapter_model.safetensors" in [one["file"] for one in found["files"]]
    assert found["behind"] == []


def test_show_fits_a_hundred_columns(traced: Traced, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing, "WIDE", 100)
    printed = run("models", "show", "dpo_policy").stdout
    assert max(map(len, printed.splitlines())) <= 100
    for said in (
        "dpo_policy@1  passed  trained from sft_policy@1 on preference_pairs@3 (train)",
        "behind preference_pairs@4",
        "given: a local directory",
        "win_rate",
        "beta",
        "loss",
    ):
        assert said in printed, printed


def test_show_names_the_newer_data_and_the_newest_build(traced: Traced) -> None:
    assert shown("dpo_policy")["behind"] == ["preference_pairs@4"]
    assert "the newest version is base_policy@2" in run("models", "show", "base_policy@1").stdout


def test_an_evaluation_of_another_version_is_none_of_this_one(traced: Traced) -> None:
    assert [one["version"] for one in shown("dpo_policy@1")["evaluations"]] == [
        "evaluation_answers@1",
        "evaluation@1",
    ]
    assert shown("sft_policy@1")["evaluations"] == []


def test_an_unknown_model_and_a_dataset_are_sentences(home: Registry, tmp_path: Path) -> None:
    for arguments in (("show", "nothing"), ("export", "nothing", str(tmp_path / "out"))):
        with pytest.raises(UnknownVersion, match="no dataset or model 'nothing': .*`trimtab models` list"):
            run("models", *arguments)
    for arguments in (("show", "cai_sft"), ("export", "cai_sft", str(tmp_path / "out"))):
        with pytest.raises(BadInput, match="cai_sft@1 is a dataset, not a model: `trimtab show cai_sft@1`"):
            run("models", *arguments)


def test_an_exported_model_says_the_same_tokens(home: Registry, tmp_path: Path) -> None:
    said = json.loads(run("models", "export", "sft_policy", tmp_path / "out", "--json").stdout)
    version = home.version("sft_policy", 1)
    assert said["version"] == "sft_policy@1" and {
        "README.md",
        "adapter/adapter_config.json",
        "adapter/adapter_model.safetensors",
        "chat_template.jinja",
        "config.json",
        "manifest.json",
        "model.safetensors",
        "tokenizer.json",
    } <= set(said["files"])
    assert fingerprint(tmp_path / "out") == version.data_version
    assert greedy(tmp_path / "out") == greedy(home.folder(version))


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
    for said in (
        f"| train | cai_sft@1 | {data.data_version} | 5 | passed |",
        "| base_policy@1 | passed | taken as",
        "trained by sft from base_policy@1 on cai_sft@1 (train)",
        "| rows_lost | passed | error | 0.2 |",
        "| completion | string | What the policy shall answer | no |",
        "- warns: short_share is 0.9, must be",
        '"lora_rank": 4',
        "| rows too_long | 1 |",
        "| evaluation@1 | helpful | win_rate | 0.25 |",
        "- Of 5 rows given, 4 were trained on (too_long 1).",
        "- cai_sft@1 warns: short_share",
        "- evaluation@1 has a figure of it from only 7 items",
        "- weights of base_policy@1: mit",
        "helpful_prompts@1",
    ):
        assert said in card, card


def test_no_path_of_the_machine_and_no_pickle_is_in_any_file(home: Registry, tmp_path: Path) -> None:
    for name in ("sft_policy", "base_policy"):
        run("models", "export", name, tmp_path / name)
        for path in (one for one in (tmp_path / name).rglob("*") if one.is_file()):
            assert path.suffix in (".safetensors", ".json", ".jinja", ".md", "")
            content = path.read_bytes()
            assert str(home.state.root.parent).encode() not in content, path
            if path.name != "tokenizer.json" and path.suffix in (".json", ".md"):
                assert not PATH.findall(content.decode()), path
    assert "see (a local path)" in (tmp_path / "sft_policy" / "manifest.json").read_text()
    assert "no (a local path)" in (tmp_path / "sft_policy" / "README.md").read_text()


def test_a_given_model_is_shown_and_exported_with_its_licence(home: Registry, tmp_path: Path) -> None:
    assert shown("base_policy")["datasets"] == {} and shown("base_policy")["base"] is None
    assert "taken as given: a local directory" in run("models", "show", "base_policy").stdout
    said = run("models", "export", "base_policy", tmp_path / "out").stdout
    assert said.startswith("base_policy@1: ") and not (tmp_path / "out" / "manifest.json").exists()
    assert (tmp_path / "out" / "LICENSE").read_text() == "Do as you like."
    card = (tmp_path / "out" / "README.md").read_text()
    assert 'license: "mit"' in card and "base_model" not in card and "taken as given" in card
    assert greedy(tmp_path / "out") == greedy(home.folder(home.version("base_policy", 1)))


def test_an_existing_folder_is_refused_and_stays(home: Registry, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x")
    with pytest.raises(BadInput, match="is not empty: name another folder"):
        run("models", "export", "sft_policy", tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["mine"]


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


def test_each_command_has_a_help_text() -> None:
    for words in (("models",), ("models", "show"), ("models", "export")):
        assert "--json" in run(*words, "--help").stdout
