"""Bad run configs: each field of each trainer's, and files that are none."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.sides.bad_inputs.case import Case
from benchmarks.sides.bad_inputs.contents import damaged, with_fault
from benchmarks.sides.bad_inputs.faults import Fault, faults
from training.settings.learning import TrainingSettings
from training.settings.run import RunConfig
from training.trainers import TRAINERS, Trainer

AREA = "run config"
FILE = "run.json"
# no such version: what passes for a config ends there, and trains nothing
CONTENT: Mapping[str, Any] = {
    "name": "policy",
    "base": "no_such_model@1",
    "dataset": "no_such_dataset@1",
    "output": "out",
    "settings": {},
}

# fields that only online trainers take
ONLINE = ("verifier", "reward_models", "sampler_engine")
REFERENCES = ("a@latest", "a@-1", "a@1.5", "a@", "@1", "a@1@2", "A@1", "a b@1", "no_such@1", "no_such")


def run_config_cases() -> Iterator[Case]:
    """Every bad run config; what all trainers share is asked of one of them."""
    for name, trainer in TRAINERS.items():
        for fault in _faults(name, trainer):
            text = json.dumps(with_fault(_content(trainer), fault))
            yield _run(trainer, f"{name}: {fault.name}", text.encode(), (str(fault.place[-1]),))
    text = json.dumps(dict(CONTENT))
    sft = TRAINERS["sft"]
    for kind, written in damaged(text, '{"café": 1,'):
        yield _run(sft, f"file {kind}", written, (FILE,))
    yield _run(sft, "key twice", text.replace("{", '{"name": "a", ', 1).encode(), (FILE, "name"))
    for reference in REFERENCES:
        content, names = {**CONTENT, "base": reference}, (reference, reference.split("@")[0])
        yield _run(sft, f"base {reference}", json.dumps(content).encode(), names)
    one_step = {**CONTENT, "settings": {"max_steps": 1, "min_steps": 1}}
    yield _run(sft, "one step at rate 0", json.dumps(one_step).encode(), ("warmup_share",))


def _content(trainer: Trainer) -> Mapping[str, Any]:
    """A whole config; online trainers reward by a verifier."""
    return {**CONTENT, "verifier": {"kind": "maths"}} if trainer.scored else CONTENT


def _faults(name: str, trainer: Trainer) -> Iterator[Fault]:
    known = set() if name == "sft" else set(TrainingSettings.model_fields)
    for fault in faults(trainer.settings, {}, ("settings",)):
        if fault.place[1] not in known:
            yield fault
    for fault in faults(RunConfig, CONTENT):
        asked_of = "grpo" if fault.place[0] in ONLINE else "sft"
        if fault.place[0] != "settings" and asked_of == name:
            yield fault


def _run(trainer: Trainer, name: str, written: bytes, names: tuple[str, ...]) -> Case:
    return Case(AREA, name, trainer.module, ("--config", FILE), names, {FILE: written})
