"""A profile small enough for tests: the tiny model, a few prompts, real generation and training."""

import json
from pathlib import Path

from datasets_registry.registry import Registry
from datasets_registry.rows.imported import Demonstration
from datasets_registry.version import IMPORT, Derivation
from quality.auditing.publishing import publish
from tests.methods.judging import CONSTITUTION
from tests.rows import make

# how rows that a person imported were made
IMPORTED = Derivation(code_version=f"{IMPORT}test:1", settings={}, inputs=())
TAUGHT = """
[models.taught]
trainer = "sft"
base = "base_policy"
dataset = "demonstrations"
training = { learning_rate = 1e-3, batch_size = 2, max_steps = 2, min_steps = 1, max_length = 128 }
"""
PROFILE = """
description = "A tiny random model"
min_free_gb = 0.1
constitution = "{constitution}"

[models.base_policy]
model = "{model}"
backend = "transformers"
engine = {{ batch_size = 8 }}

[prompts.red_team]
file = "{red_team}"

[prompts.helpful]
file = "{helpful}"

[answers]
temperature = 1.0
max_tokens = 48
stop = ["e"]

[cai]
policy = "base_policy"
num_revisions = 2
critique_max_tokens = 8

[models.sft_policy]
trainer = "sft"
base = "base_policy"
dataset = "cai_sft"
training = {{ learning_rate = 1e-3, num_epochs = 1, min_steps = 1, batch_size = 2, max_length = 512 }}

[rlaif]
policy = "sft_policy"

[rlaif.judge]
judges = ["base_policy"]
max_outside_probability = 1.0
calibration = "identical"

[models.dpo_policy]
trainer = "dpo"
base = "sft_policy"
dataset = "preference_pairs"
training = {{ learning_rate = 1e-3, warmup_share = 0, \
min_steps = 1, batch_size = 1, max_length = 512, beta = 0.1 }}

[judges.scores]
judge = "base_policy"

[evaluation]
models = ["dpo_policy"]
base = "base_policy"
judge = "base_policy"
red_team = "avoid_harm"
helpful = "answer_helpfully"
suites = ["helpfulness", "harmlessness", "consistency"]
items = {{ helpfulness = 2, harmlessness = 2, consistency = 2 }}
canary_items = 1
answers = {{ max_tokens = 16 }}
"""


def write_profile(folder: Path, model: Path) -> Path:
    """The profile's file, beside prompt files and a constitution that a test may edit."""
    folder.mkdir(parents=True, exist_ok=True)
    constitution = folder / "constitution.toml"
    constitution.write_text(CONSTITUTION.read_text())
    files = {kind: write_prompts(folder, kind) for kind in ("red_team", "helpful")}
    path = folder / "small.toml"
    path.write_text(PROFILE.format(constitution=constitution, model=model, **files))
    return path


def write_base_profile(folder: Path, model: Path) -> Path:
    """The part of it that gives the base alone, for tests that build models of their own upon it."""
    path = write_profile(folder, model)
    head, _, _ = path.read_text().partition("[prompts.red_team]")
    path.write_text(head)
    return path


def write_prompts(folder: Path, kind: str, train: int = 8, evaluation: int = 3) -> Path:
    """A prompt file."""
    path = folder / f"{kind}.jsonl"
    rows = [
        {
            "prompt": f"{kind} {split} prompt {number}",
            "category": f"c{number % 2}",
            "split": split,
            "source": "test",
            "licence": "Apache-2.0",
        }
        for split, count in (("train", train), ("evaluation", evaluation))
        for number in range(count)
    ]
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def let_be_taught(profile: Path, registry: Registry) -> None:
    """Add to a profile a model that learns four demonstrations, which are imported."""
    profile.write_text(profile.read_text() + TAUGHT)
    publish(registry, Demonstration, [make(Demonstration, f"d{number}") for number in range(4)], IMPORTED)
