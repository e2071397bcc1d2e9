"""A model's card and limits come from records: origins, certificates, newer data; no path of a machine."""

import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from datasets_registry.cards.limits import known_limits
from datasets_registry.cards.markdown import without_paths
from datasets_registry.cards.model import model_card
from datasets_registry.errors import BrokenObject, TrimtabError
from datasets_registry.exporting.pushing import push
from datasets_registry.inspecting.model_details import model_details
from datasets_registry.registry import Registry
from datasets_registry.rows.judges import JudgeFigure
from datasets_registry.rows.prompts import HelpfulPrompt
from datasets_registry.rows.rlaif import AiJudgement, CompletionPair, PreferencePair
from datasets_registry.rows.row import Row
from datasets_registry.version import CheckResult, Derivation, Version
from tests.rows import make
from tests.traced import reference

RED = CheckResult(check="c", passed=False, severity="error", value=1, threshold=0, description="empty rows")


def committed(
    registry: Registry, *rows: Row, inputs: tuple[Version, ...] = (), checks: tuple[CheckResult, ...] = ()
) -> Version:
    """The rows as a checked version."""
    how = Derivation(code_version="1", settings={}, inputs=inputs)
    return registry.record_checks(registry.commit(type(rows[0]), rows, how), checks)


def model(
    registry: Registry,
    name: str,
    *inputs: Version,
    architecture: str = "LlamaForCausalLM",
    folder: Path | None = None,
    named: str = "/models/mine",
    **manifest: Any,
) -> Version:
    """A model version whose folder has a config and, where it was trained, a manifest."""
    folder = folder or registry.state.models / name
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"architectures": [architecture]}))
    if manifest:
        (folder / "manifest.json").write_text(json.dumps(manifest))
    how = Derivation(code_version="1", settings={"model": named}, inputs=inputs)
    return registry.record_checks(registry.commit_model(name, folder, name, how), [])


def trained(registry: Registry, base: Version, data: Version, **manifest: Any) -> Version:
    """A model trained from ``base`` on ``data``."""
    told: dict[str, Any] = {"base": reference(base), "datasets": {"train": reference(data)}, **manifest}
    return model(registry, "policy", base, data, **told)


def limits(registry: Registry, version: Version) -> list[str]:
    """What is known to be wrong with ``version``."""
    return known_limits(registry, version, model_details(registry, version))


def test_a_model_of_the_hub_is_named_with_revision_and_licence(registry: Registry, tmp_path: Path) -> None:
    folder = tmp_path / "models--owner--chat" / "snapshots" / "abc123"
    base = model(registry, "base_policy", folder=folder, named="owner/chat")
    (folder / "README.md").write_text("---\nlanguage: en\nlicense: llama3.1\n---\nlicense: other\n")
    policy = trained(registry, base, committed(registry, make(HelpfulPrompt, licence="MIT")), trainer="sft")
    card = model_card(registry, policy)
    assert 'base_model: "owner/chat"\n' in card and 'license: ["llama3.1", "mit"]\n' in card
    assert 'tags: ["trimtab", "sft"]' in card and "trained by sft from base_policy@1" in card
    assert "owner/chat at revision abc123" in card and "- weights of base_policy@1: llama3.1" in card


def test_a_local_folder_is_no_base_model(registry: Registry) -> None:
    base = model(registry, "base_policy", named="owner/chat")
    card = model_card(registry, trained(registry, base, committed(registry, make(HelpfulPrompt))))
    assert "base_model" not in card and "a local directory" in card and '"unknown"' in card


@pytest.mark.parametrize(
    ("architecture", "loader", "task"),
    [
        ("Qwen2ForSequenceClassification", "AutoModelForSequenceClassification", "text-classification"),
        ("LlamaForTokenClassification", "AutoModelForTokenClassification", "token-classification"),
    ],
)
def test_a_reward_model_is_loaded_with_its_head(
    registry: Registry, architecture: str, loader: str, task: str
) -> None:
    card = model_card(registry, model(registry, "reward_model", architecture=architecture))
    assert f"{loader}.from_pretrained" in card and f'pipeline_tag: "{task}"' in card


def test_replayed_data_and_reward_models_are_named_by_role(registry: Registry) -> None:
    base, judge = model(registry, "base_policy"), model(registry, "reward_model")
    data, replay = committed(registry, make(HelpfulPrompt)), committed(registry, make(PreferencePair))
    roles = {"train": reference(data), "replay": reference(replay)}
    policy = trained(registry, base, data, datasets=roles, reward_models=[reference(judge)], dtype="float32")
    assert model_details(registry, policy).facts.reward_models == ("reward_model@1",)
    card = model_card(registry, policy)
    assert "on helpful_prompts@1 (train), preference_pairs@1 (replay), rewarded by reward_model@1" in card
    assert (
        "### helpful_prompts@1" in card and "### preference_pairs@1" in card and "| dtype | float32 |" in card
    )
    assert 'datasets: ["helpful_prompts", "preference_pairs"]' in card


def test_limits_name_newer_data_red_checks_and_licences_along_the_whole_lineage(registry: Registry) -> None:
    source = committed(registry, make(HelpfulPrompt, licence="NOASSERTION"))
    pairs = committed(registry, make(PreferencePair), inputs=(source,), checks=(RED,))
    policy = trained(registry, model(registry, "base_policy"), pairs)
    committed(registry, make(HelpfulPrompt, "newer"))
    assert limits(registry, policy) == [
        "preference_pairs@1 is failed: it has not passed its checks.",
        "preference_pairs@1 is behind helpful_prompts@2, which passed after it was made.",
        "Nothing was held out of its training, and no evaluation took it as an input.",
        "preference_pairs@1 failed: c: empty rows.",
        "The licence of base_policy@1 (a local directory) is not known.",
        "The licence of rows of helpful_prompts@1 was not stated.",
    ]


def test_limits_count_held_out_rows_only_where_they_are_few(registry: Registry) -> None:
    base, data = model(registry, "base_policy", named="lab"), committed(registry, make(HelpfulPrompt))
    rows = {"given": 20, "trained": 10, "held_out": 8, "too_long": 2}
    policy = trained(registry, base, data, rows=rows, metrics={"held_out_accuracy": 0.5})
    assert limits(registry, policy) == [
        "Of 20 rows given, 10 were trained on (held_out 8, too_long 2).",
        "Its held-out figures come from only 8 rows.",
    ]


def test_a_certificate_that_does_not_hold_counts_for_the_judgements_it_is_of(registry: Registry) -> None:
    pairs = committed(registry, make(CompletionPair))
    judged, others = (committed(registry, make(AiJudgement, one), inputs=(pairs,)) for one in ("one", "two"))
    held = make(JudgeFigure, figure="parse_rate")
    bad = make(JudgeFigure, figure="longer_share", value=0.9, low=0.8, high=0.95, at_most=0.7, holds=False)
    committed(registry, bad, held, inputs=(pairs, judged))
    committed(registry, held, inputs=(pairs, others))
    base = model(registry, "base_policy", named="lab")
    policy = trained(registry, base, committed(registry, make(PreferencePair), inputs=(pairs, judged)))
    told = [one for one in limits(registry, policy) if "certificate" in one]
    assert told == [
        "judge_certificate@1: longer_share of base_policy on sft_policy is 0.9 (95 % interval 0.8 to 0.95), "
        "not shown to be at least 0.9 and at most 0.7."
    ]


def test_a_manifest_that_is_no_json_is_a_sentence_and_hides_no_other_model(registry: Registry) -> None:
    version = model(registry, "policy")
    (registry.folder(version) / "manifest.json").write_text("{")
    model(registry, "other")
    with pytest.raises(BrokenObject, match="of policy@1 is not a manifest: build the model again"):
        model_details(registry, version)


def test_paths_are_left_out_and_what_only_looks_like_one_stays() -> None:
    told = {"a": ["/home/me/run.json", "see ~/models/x, file:///tmp/y/z"], "n": 1}
    assert without_paths(told) == {"a": ["(a local path)", "see (a local path), (a local path)"], "n": 1}
    for text in ("and/or a/b/c", "https://host/v1/models", "owner/name", "/v1", "/no_think", "1/2/3"):
        assert without_paths(text) == text


def test_a_model_is_pushed_as_a_model_and_privately(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, dict[str, Any]]] = []

    class Hub(BaseHTTPRequestHandler):
        """Writes down what is asked for, and forbids it."""

        def do_POST(self) -> None:
            asked.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
            self.send_response(403)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    monkeypatch.setenv("HF_TOKEN", "hf_hidden")
    # the hub is this process's own here
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    with HTTPServer(("127.0.0.1", 0), Hub) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        with pytest.raises(TrimtabError, match="'me/policy' cannot be pushed"):
            push(tmp_path, "me/policy", "model", endpoint=f"http://127.0.0.1:{server.server_port}")
        server.shutdown()
    ((path, body),) = asked
    told = {"name": "policy", "organization": "me", "type": "model", "visibility": "private"}
    assert (path, body) == ("/api/repos/create", told)
