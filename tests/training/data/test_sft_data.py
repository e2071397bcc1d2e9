"""What SFT learns from: the end of turns, whole rows or none, replayed rows at a share of tokens."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoTokenizer

from datasets_registry.errors import BadInput, ModelFailed
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import SftExample
from datasets_registry.rows.imported import ChatMessage, Demonstration
from datasets_registry.rows.rft import GoldSolution
from generation.chat import render
from generation.models.folder import fingerprint
from generation.request import Message
from generation.templates.opening import open_tokenizer
from generation.templates.pinning import steady_folder
from generation.templates.probing import rendering_digest
from tests.loaded import loaded
from tests.rows import make
from tests.training.conftest import given
from tests.training.runs import NOTHING, SETTINGS, as_it_is, commit, gold, manifest, write
from training.data.replay import replayed
from training.running.manifest import POINTS, curves
from training.sft import sft

ONE_EPOCH = SETTINGS | {"num_epochs": 1}
MARKED = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% if message['role'] == 'assistant' %}"
    "{% generation %}{{ message['content'] }}<|im_end|>{% endgeneration %}"
    "{% else %}{{ message['content'] }}<|im_end|>{% endif %}\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def examples(count: int, completion: str = "yes yes yes") -> list[SftExample]:
    return [make(SftExample, f"p{number}", completion=completion) for number in range(count)]


def demonstrations(count: int) -> list[Demonstration]:
    """Imported conversations of two turns, of which the first answer is always the same."""
    said = [("user", "hello"), ("assistant", "no no no no"), ("user", "again")]
    turns = [ChatMessage(role=role, content=text) for role, text in said]  # type: ignore[arg-type]
    return [
        Demonstration(
            id=str(number), messages=turns, prompt="again", completion="yes", source="test", licence="CC0-1.0"
        )
        for number in range(count)
    ]


def first_answer(folder: Path) -> float:
    """The mean log-probability of the first answer of the demonstrations' conversation."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = loaded(folder)
    start = tokenizer.apply_chat_template([{"role": "user", "content": "hello"}], tokenize=False)
    ids = [tokenizer(text)["input_ids"] for text in (f"{start}<|im_start|>assistant\n", "no no no no")]
    with torch.inference_mode():
        scores = model(torch.tensor([[*ids[0], *ids[1]]])).logits[0, len(ids[0]) - 1 : -1].log_softmax(-1)
    return float(scores.gather(1, torch.tensor(ids[1])[:, None]).mean())


def test_too_many_lost_rows_stop_a_run_before_it_begins(
    base: Path, registry: Registry, tmp_path: Path
) -> None:
    rows = [
        *examples(4),
        *(make(SftExample, f"long {number}", completion="word " * 200) for number in range(2)),
    ]
    path = write(tmp_path / "run", commit(registry, SftExample, rows))
    with pytest.raises(ModelFailed, match="would drop 33% of its usable rows at max_length 128, more than"):
        sft(path, lambda _: None)
    assert json.loads((tmp_path / "run" / "rows.json").read_text()) == {
        "given": 6,
        "trained": 4,
        "too_long": 2,
    }
    assert not (tmp_path / "run" / "model").exists()


def test_replayed_rows_are_a_share_of_tokens_with_a_lineage_of_their_own(
    base: Path, registry: Registry, tmp_path: Path
) -> None:
    dataset = commit(registry, SftExample, examples(16))
    other = commit(registry, GoldSolution, [gold(f"{number}+1", "no no no") for number in range(40)])
    told = {"settings": ONE_EPOCH | {"replay_share": 0.25}, "replay": other}
    sft(write(tmp_path / "run", dataset, **told), lambda _: None)
    said = manifest(tmp_path / "run")
    assert {role: version["name"] for role, version in said["datasets"].items()} == {
        "train": "cai_sft",
        "replay": "gold_solutions",
    }
    rows = said["rows"]
    assert rows["trained"] == 16 and 0 < rows["replay_trained"] < rows["replay_given"] == 40
    assert rows["replay_tokens"] / (rows["tokens"] + rows["replay_tokens"]) == pytest.approx(0.25, abs=0.03)
    assert len(said["loss"]) == -(-(16 + rows["replay_trained"]) // 4)


@pytest.mark.parametrize("told", [{"replay": "cai_sft@1"}, {"settings": ONE_EPOCH | {"replay_share": 0.5}}])
def test_replay_needs_both_a_dataset_and_a_share(
    told: dict[str, Any], base: Path, registry: Registry, tmp_path: Path
) -> None:
    dataset = commit(registry, SftExample, examples(8))
    with pytest.raises(BadInput, match="give both replay and a weight above 0, or neither"):
        sft(write(tmp_path / "run", dataset, **told), lambda _: None)


def test_which_rows_are_replayed_does_not_depend_on_their_order() -> None:
    others: list[Any] = [{"input_ids": [number] * number} for number in range(1, 30)]
    taken, again = (replayed(90, rows, 0.5, 7) for rows in (others, others[::-1]))
    assert taken == again and 90 <= sum(len(example["input_ids"]) for example in taken) < 90 + 30
    assert replayed(90, others, 0.0, 7) == []


def test_turns_are_learned_only_where_the_template_marks_them(
    base: Path, registry: Registry, tmp_path: Path
) -> None:
    dataset = commit(registry, Demonstration, demonstrations(8))
    epochs = SETTINGS | {"num_epochs": 4}
    settings = epochs | {"loss_on": "assistant"}
    with pytest.raises(BadInput, match="does not mark the assistant's turns"):
        sft(write(tmp_path / "unmarked", dataset, settings=settings), lambda _: None)
    sft(write(tmp_path / "last", dataset, settings=epochs), lambda _: None)
    first = [first_answer(folder) for folder in (base, tmp_path / "last" / "model")]
    # another template makes another model, and an adapter belongs to its own base
    marked = shutil.copytree(base, tmp_path / "marked")
    (marked / "chat_template.jinja").write_text(MARKED)
    registry.record_checks(registry.commit_model("base_policy", marked, fingerprint(marked), NOTHING), [])
    sft(write(tmp_path / "all", dataset, base="base_policy@2", settings=settings), lambda _: None)
    assert first_answer(tmp_path / "all" / "model") > first[1] + 0.5 > first[0]


def test_a_template_that_ends_turns_with_another_token_is_refused(
    base: Path, registry: Registry, tmp_path: Path
) -> None:
    told = json.loads((base / "tokenizer_config.json").read_text())
    (base / "tokenizer_config.json").write_text(json.dumps(told | {"eos_token": "<|im_start|>"}))
    path = write(tmp_path / "run", commit(registry, SftExample, examples(8)))
    with pytest.raises(BadInput, match="so the policy would never stop: set eos_token to it"):
        sft(path, lambda _: None)


@pytest.mark.parametrize(
    ("left_out", "said"),
    [("chat_template.jinja", "has no chat template"), ("pad_token, eos_token", "neither pad_token nor eos")],
)
def test_a_tokenizer_that_cannot_serve_is_refused(
    left_out: str, said: str, base: Path, registry: Registry, tmp_path: Path
) -> None:
    (base / left_out).unlink(missing_ok=True)
    told = json.loads((base / "tokenizer_config.json").read_text())
    kept = {name: value for name, value in told.items() if name not in left_out.split(", ")}
    (base / "tokenizer_config.json").write_text(json.dumps(kept))
    with pytest.raises(BadInput, match=said):
        sft(write(tmp_path / "run", commit(registry, SftExample, examples(8))), lambda _: None)


def test_a_row_that_the_template_refuses_is_left_out_and_too_many_are_a_sentence(
    base: Path, registry: Registry, tmp_path: Path
) -> None:
    template = base / "chat_template.jinja"
    refusing = "{% if 'never' in messages[-1]['content'] %}{{ raise_exception('not that') }}{% endif %}"
    template.write_text(refusing + template.read_text())
    refused = [make(SftExample, f"other {number}", completion="never") for number in range(12)]
    few, many = [*examples(12), *refused[:1]], [*examples(12), *refused]
    told = {"base": as_it_is(registry, base), "settings": ONE_EPOCH}
    sft(write(tmp_path / "few", commit(registry, SftExample, few), **told), lambda _: None)
    rows = json.loads((tmp_path / "few" / "rows.json").read_text())
    assert rows == {"given": 13, "trained": 12, "too_long": 0, "unrenderable": 1}
    path = write(tmp_path / "many", commit(registry, SftExample, many))
    with pytest.raises(BadInput, match=r"cannot render the conversation \(not that\): change the order of"):
        sft(path, lambda _: None)


def test_a_model_whose_turns_open_in_two_ways_is_not_trained(
    base: Path, registry: Registry, tmp_path: Path
) -> None:
    template = base / "chat_template.jinja"
    text = template.read_text()
    template.write_text(text.replace("assistant\n{% endif %}", "assistant\n<think>\n{% endif %}"))
    path = write(tmp_path / "run", commit(registry, SftExample, examples(8)))
    with pytest.raises(BadInput, match="opens a drawn turn with.*<think>.*nor trained on"):
        sft(path, lambda _: None)


def test_a_model_with_a_date_that_is_held_fast_is_trained_on_what_it_is_asked(
    registry: Registry, tiny_model: Path, tmp_path: Path
) -> None:
    models = registry.state.models
    dated = shutil.copytree(tiny_model, models / "dated") / "chat_template.jinja"
    dated.write_text("{{ strftime_now('%d %b %Y') }}\n" + dated.read_text())
    base = given(registry, steady_folder(dated.parent, models).folder)
    sft(
        write(tmp_path / "run", commit(registry, SftExample, examples(12)), settings=ONE_EPOCH),
        lambda _: None,
    )
    trained = tmp_path / "run" / "model"
    asked = [Message(role="user", content="p1")]
    texts = {render(open_tokenizer(folder), asked, continues=False) for folder in (base, trained)}
    assert len(texts) == 1 and texts.pop().startswith("26 Jul 2024\n")
    assert manifest(tmp_path / "run")["rendering"] == rendering_digest(open_tokenizer(base))


def test_curves_are_thinned_and_keep_the_last_point() -> None:
    history = [{"step": number, "loss": 1.0, "kl": number / 10, "epoch": 0.1} for number in range(1, 1_002)]
    found = curves(history)
    assert found.keys() == {"kl"} and len(found["kl"]) <= POINTS and found["kl"][-1] == (1001, 100.1)
