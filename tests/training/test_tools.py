"""Trainers learn calls of tools and answers to results, with TRL's own masks; a lab policy calculates."""

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoTokenizer

from benchmarks.sides.texts.zoo import ZOO, write_animal
from datasets_registry.registry import Registry
from datasets_registry.rows.conversation import Tool, ToolCall
from datasets_registry.rows.imported import ChatMessage, Demonstration, HumanPreference
from generation.engine import EngineSettings
from generation.models.lab import write_lab_model
from generation.request import Message, Request, SamplingParams
from generation.scoring.outcomes import set_padding_apart
from generation.transformers_local.backend import TransformersBackend
from generation.turns import plain_tool, template_turn
from tests.training.conftest import given
from tests.training.runs import commit, manifest, write
from training.dpo import dpo
from training.kto import kto
from training.orpo import orpo
from training.reward_model import reward_model
from training.running.run import open_run
from training.running.trainer import load_base, load_tokenizer, trainer_arguments
from training.settings.dpo import DpoSettings
from training.settings.kto import KtoSettings
from training.settings.orpo import OrpoSettings
from training.settings.reward_model import RewardSettings
from training.settings.run import RunConfig
from training.settings.sft import SftSettings
from training.sft import sft

ADD = Tool(name="add", description="Adds", parameters='{"type": "object"}')
COUNT = 8
# one batch has all rows, so that their order is of no matter
STEPS: dict[str, Any] = {
    "learning_rate": 1e-2,
    "max_steps": 2,
    "batch_size": COUNT,
    "max_length": 512,
    "min_steps": 1,
    "lora_rank": None,
    "warmup_share": 0,
}


def call(number: int) -> ToolCall:
    """A call that adds one."""
    return ToolCall(id="1", name="add", arguments=json.dumps({"terms": f"{number} 1"}))


def asked(number: int) -> list[Message]:
    """A question, the call that it led to, and the tool's result."""
    return [
        Message(role="user", content=f"{number}+1?"),
        Message(role="assistant", content="I add", tool_calls=(call(number),)),
        Message(role="tool", content=str(number + 1), tool_call_id="1", name="add"),
    ]


def stored(messages: Sequence[Message]) -> list[ChatMessage]:
    return [
        ChatMessage.model_validate(
            turn.model_dump() | {"tool_calls": turn.tool_calls and list(turn.tool_calls)}
        )
        for turn in messages
    ]


def demonstration(number: int) -> Demonstration:
    """A call, its result, and the answer to learn."""
    return Demonstration(
        id=str(number),
        messages=stored(asked(number)),
        tools=[ADD],
        prompt=f"{number}+1?",
        completion=f"It is {number + 1}",
        source="test",
        licence="CC0-1.0",
    )


def preference(number: int, question: int) -> HumanPreference:
    """A call that is better than an answer without one."""
    return HumanPreference(
        pair_id=str(number),
        prompt="?",
        messages=stored(asked(question)),
        tools=[ADD],
        chosen="again",
        chosen_tool_calls=[call(question)],
        rejected="no idea",
        score_chosen=None,
        score_rejected=None,
        source="test",
        licence="CC0-1.0",
    )


@pytest.fixture
def tooled(registry: Registry, tiny_model: Path) -> Path:
    """A tiny model whose template reads tools as JSON, as the passed version base_policy@1."""
    (animal,) = (animal for animal in ZOO if animal.name == "tools as JSON")
    return given(registry, write_animal(animal, tiny_model, registry.state.models / "tooled"))


def turns(messages: Sequence[Message]) -> list[Any]:
    return [template_turn(message, ()) for message in messages]


def answer(text: str, *calls: ToolCall) -> list[Any]:
    return turns([Message(role="assistant", content=text, tool_calls=calls or None)])


def trl_pair(number: int) -> dict[str, Any]:
    """The preference as TRL takes it."""
    return {
        "prompt": turns(asked(number)),
        "chosen": answer("again", call(number)),
        "rejected": answer("no idea"),
        "tools": [plain_tool(ADD, ())],
    }


def trl_losses(kind: str, config: str, run: Any, rows: Sequence[dict[str, Any]], **told: Any) -> list[float]:
    """The losses of TRL's own trainer on turns, from the run's model and with its arguments."""
    import trl
    from datasets import Dataset

    scores = kind == "RewardTrainer"
    model = load_base(run, "AutoModelForSequenceClassification", num_labels=1) if scores else load_base(run)
    tokenizer = load_tokenizer(run)
    if scores:
        # by itself TRL would read the score before the end of the turn, which pads here
        set_padding_apart(tokenizer)
    trainer = getattr(trl, kind)(
        model=model,
        args=getattr(trl, config)(max_length=None, **told, **trainer_arguments(run)),
        train_dataset=Dataset.from_list(list(rows)),
        processing_class=tokenizer,
    )
    trainer.train()
    return [figures["loss"] for figures in trainer.state.log_history if "loss" in figures]


def our_losses(work: Callable[..., None], path: Path) -> list[float]:
    work(path, lambda _: None)
    return [loss for _, loss in manifest(path.parent)["loss"]]


@pytest.mark.parametrize("loss_on", ["completion", "assistant"])
def test_steps_of_sft_on_tools_are_those_of_trl(
    loss_on: str, tooled: Path, registry: Registry, tmp_path: Path
) -> None:
    dataset = commit(registry, Demonstration, [demonstration(number) for number in range(COUNT)])
    settings = STEPS | {"loss_on": loss_on}
    path = write(tmp_path / "run", dataset, settings=settings, system_text=None)
    run = open_run("sft", RunConfig[SftSettings], path, lambda _: None)
    rows = []
    for number in range(COUNT):
        prompt, completion = turns(asked(number)), answer(f"It is {number + 1}")
        row = {"prompt": prompt, "completion": completion}
        rows.append(row if loss_on == "completion" else {"messages": prompt + completion})
        rows[-1]["tools"] = [plain_tool(ADD, ())]
    trl = trl_losses("SFTTrainer", "SFTConfig", run, rows, assistant_only_loss=loss_on == "assistant")
    assert our_losses(sft, path) == pytest.approx(trl, abs=1e-4)


def test_steps_of_dpo_on_tools_are_those_of_trl(tooled: Path, registry: Registry, tmp_path: Path) -> None:
    dataset = commit(registry, HumanPreference, [preference(number, number) for number in range(COUNT)])
    settings = STEPS | {"losses": {"sigmoid": 1.0, "sft": 0.5}}
    path = write(tmp_path / "run", dataset, settings=settings, system_text=None)
    run = open_run("dpo", RunConfig[DpoSettings], path, lambda _: None)
    told = {"loss_type": ["sigmoid", "sft"], "loss_weights": [1.0, 0.5], "beta": run.settings.beta}
    trl = trl_losses("DPOTrainer", "DPOConfig", run, [trl_pair(number) for number in range(COUNT)], **told)
    assert our_losses(dpo, path) == pytest.approx(trl, abs=1e-4)


def test_steps_of_kto_on_tools_are_those_of_trl(tooled: Path, registry: Registry, tmp_path: Path) -> None:
    # one prompt alone, so that each completion stands beside it whatever their order
    dataset = commit(registry, HumanPreference, [preference(number, 3) for number in range(COUNT // 2)])
    settings = STEPS | {"desirable_weight": 1.0}
    path = write(tmp_path / "run", dataset, settings=settings, system_text=None)
    run = open_run("kto", RunConfig[KtoSettings], path, lambda _: None)
    pair = trl_pair(3)
    rows = [
        {
            "prompt": pair["prompt"],
            "completion": pair[side],
            "label": side == "chosen",
            "tools": pair["tools"],
        }
        for side in ("chosen", "rejected")
        for _ in range(COUNT // 2)
    ]
    trl = trl_losses("KTOTrainer", "KTOConfig", run, rows, beta=run.settings.beta)
    assert our_losses(kto, path) == pytest.approx(trl, abs=1e-4)


def test_steps_of_a_reward_model_on_tools_are_those_of_trl(
    tooled: Path, registry: Registry, tmp_path: Path
) -> None:
    dataset = commit(registry, HumanPreference, [preference(number, number) for number in range(COUNT)])
    settings = STEPS | {"held_out_share": 0.0, "centring": 0.0}
    path = write(tmp_path / "run", dataset, settings=settings, system_text=None)
    run = open_run("reward_model", RunConfig[RewardSettings], path, lambda _: None)
    trl = trl_losses("RewardTrainer", "RewardConfig", run, [trl_pair(number) for number in range(COUNT)])
    assert our_losses(reward_model, path) == pytest.approx(trl, abs=1e-4)


def test_orpo_takes_a_step_on_tools(tooled: Path, registry: Registry, tmp_path: Path) -> None:
    dataset = commit(registry, HumanPreference, [preference(number, number) for number in range(COUNT)])
    path = write(tmp_path / "run", dataset, settings=STEPS, system_text=None)
    open_run("orpo", RunConfig[OrpoSettings], path, lambda _: None)
    first, second = our_losses(orpo, path)
    assert second < first and manifest(tmp_path / "run")["rows"]["trained"] == COUNT


# the calculator's name and its argument in the sixteen characters of the lab
CALCULATOR = Tool(name="A")
LAB_TEMPLATE = (
    "{% for tool in tools or [] %}{{ tool.function.name }}\n{% endfor %}"
    "{% for m in messages %}{% if m.role == 'assistant' %}<answer>{{ m.content }}"
    "{% for c in m.tool_calls or [] %}{{ c.function.name }}{{ c.function.arguments['A'] }}{% endfor %}<end>"
    "{% else %}{{ m.content }}{% endif %}{% endfor %}{% if add_generation_prompt %}<answer>{% endif %}"
)


def calculation(left: int, right: int) -> list[Message]:
    """A sum, the calculator's call for it, and its result."""
    called = ToolCall(id="1", name="A", arguments=json.dumps({"A": f"{left}+{right}"}))
    return [
        Message(role="user", content=f"{left}+{right}=?"),
        Message(role="assistant", content="", tool_calls=(called,)),
        Message(role="tool", content=f":{left + right}\n", tool_call_id="1", name="A"),
    ]


def lesson(left: int, right: int, *, calls: bool) -> Demonstration:
    """Either the call to learn, or the answer from its result."""
    question, called, result = calculation(left, right)
    return Demonstration(
        id=f"{left} {right} {calls}",
        messages=stored([question] if calls else [question, called, result]),
        tools=[CALCULATOR],
        prompt=question.content,
        completion="" if calls else f"A:{left + right}",
        tool_calls=list(called.tool_calls or ()) if calls else None,
        source="test",
        licence="CC0-1.0",
    )


def said(backend: TransformersBackend, conversations: Sequence[Sequence[Message]]) -> list[str]:
    """The most probable answers, with the calculator at hand."""
    params = SamplingParams(temperature=0, max_tokens=12)
    requests = [Request(messages=tuple(turns), params=params, tools=(CALCULATOR,)) for turns in conversations]
    return [completion.text for _, completion in sorted(backend.complete(requests), key=lambda done: done[0])]


def test_a_lab_policy_learns_to_call_a_calculator_and_to_answer_by_its_result(
    registry: Registry, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(write_lab_model(tmp_path / "lab"), registry.state.models / "lab"))
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.chat_template = LAB_TEMPLATE
    tokenizer.save_pretrained(folder)
    given(registry, folder)
    pairs = [(left, right) for left in range(2, 20) for right in range(2, 20)]
    # held out are questions, and not results
    held_out = [(left, right) for left, right in pairs if (2 * left + right) % 5 == 0]
    sums = [pair for pair in pairs if pair not in held_out]
    rows = [lesson(left, right, calls=calls) for left, right in sums for calls in (True, False)]
    settings = {"learning_rate": 3e-3, "max_steps": 150, "batch_size": 32, "max_length": 64}
    path = write(
        tmp_path / "run",
        commit(registry, Demonstration, rows),
        settings=settings | {"lora_rank": None},
        system_text=None,
    )
    sft(path, lambda _: None)
    backend = TransformersBackend(tmp_path / "run" / "model", EngineSettings())
    asked = [calculation(left, right) for left, right in held_out]
    calls = said(backend, [turns[:1] for turns in asked])
    answers = said(backend, asked)
    backend.close()
    num_called = sum(text == f"A{left}+{right}" for text, (left, right) in zip(calls, held_out, strict=True))
    num_right = sum(
        text == f"A:{left + right}" for text, (left, right) in zip(answers, held_out, strict=True)
    )
    # untrained it writes neither; 65 calls and 42 answers of 65 were right when this was written
    assert num_called > 0.8 * len(held_out) and num_right > 0.4 * len(held_out)
