"""The fields of the shipped profiles, each with other valid values; and those that decide nothing."""

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from functools import cached_property
from itertools import chain, islice
from pathlib import Path
from typing import Literal, get_args, get_origin

from assets.profile.chosen import FOLDER
from assets.profile.evaluation import Evaluation
from assets.profile.models import TrainedModel
from assets.profile.profile import Profile
from datasets_registry.rows.words import Kind
from datasets_registry.state import REPOSITORY
from quality.evaluation.axes import AXES
from tests.assets.graphs import Declaration, declared, declared_or_none
from tests.assets.mutations import Content, Leaf, Place, changed, leaves, others
from tests.assets.profile.absent_sections import ABSENT, BESIDE_OVERSIGHT, LINE, MEASURED, SECOND, SUITE, TWO
from training import trainers
from training.settings import trackers

ENGINE = "how fast completions come; their ledger keys hold what they are"
RUNNING = "how a run is kept and started, and not what it makes"
# fields that decide the content of nothing, each with the reason
NO_CONTENT: Mapping[str, str] = {
    "description": "it is for people",
    "experiment": "it names what is made, and what is made alike in two experiments is one content",
    "min_free_gb": "a full disk stops a build, and changes nothing of one that ends",
    "requires_gpu": "a machine without one is refused, and changes nothing of a build that ends",
    "card_gb": "a card that is too small is refused, and changes nothing of a build that ends",
    "plugins.modules": "where trainers are found; a model's recipe holds the code of its own trainer",
    "models.*.backend": ENGINE,
    "models.*.engine.*": ENGINE,
    "models.*.price.*": "what completions cost",
    "models.*.sampler_engine.*": "how fast samples come; which ones they are is `sampler`",
    "models.*.rollouts": "what a run keeps of its samples changes no weight",
    "budget.*": "a budget stops a build, and changes nothing of one that ends",
    "tracking.*": RUNNING,
    "launch.*": "processes share each step, and train as one does",
    "models.*.training.min_steps": "a run of fewer steps is refused, and one of more is what it was",
    "card": "what a plan counts with",
    "card.*": "what a plan counts with",
    "rebuild.*": "when a build begins",
}
# values of other fields without which a field has no other value, or none at all
SIGNALS = ("harmlessness", "helpfulness", "honesty")
HUB = "owner/name"
COMPANIONS: Mapping[str, Mapping[str, object]] = {
    "cai.mix.capability": {"cai.mix.capability_share": 0.1},
    "cai.mix.capability_share": {"cai.mix.capability": "demonstrations"},
    "judges.human_agreement.*": {"judges.human_agreement": {}},
    "judges.steering.*": {"judges.steering": {}},
    "judges.benchmark.*": {"judges.benchmark": MEASURED},
    "launch.machines": {"launch.processes": 2, "launch.main_address": "host"},
    "launch.strategy": {"launch.processes": 2},
    "models.grpo_policy.reward_models": {"models.grpo_policy.training.rewards": {"reward_models": 0.5}},
    "models.grpo_policy.rewards": {"models.grpo_policy.training.rewards": {"reward_models": 0.5}},
    "models.grpo_policy.training.rewards.combination": {
        "models.second_reward_model": SECOND,
        "models.grpo_policy.rewards": TWO,
        "models.grpo_policy.training.rewards.reward_models": 0.5,
    },
    "models.grpo_policy.trainer": {"models.grpo_policy.training": {}},
    "models.grpo_policy.training.rewards.reward_models": {
        "models.grpo_policy.reward_models": ["reward_model"]
    },
    "models.grpo_policy.training.rewards.variance_weight": {
        "models.grpo_policy.training.rewards.combine": "mean_minus_variance"
    },
    "models.grpo_policy.training.rewards.verifier": {
        "models.grpo_policy.reward_models": ["reward_model"],
        "models.grpo_policy.training.rewards.reward_models": 0.5,
    },
    "models.process_reward_model.trainer": {"models.process_reward_model.training": {}},
    "models.process_reward_model.training.target": {"prm.labels": {"early_stop": "none", "confirm": 0}},
    "models.dpo_policy.training.replay_weight": {
        "models.dpo_policy.replayed": "cai_sft",
        "models.dpo_policy.training.replay_share": 0.1,
    },
    "models.*.training.replay_share": {"models.?.replayed": "cai_sft"},
    "models.*.replayed": {"models.?.training.replay_share": 0.1},
    "models.dpo_policy.training.flip_rate": {"models.dpo_policy.training.losses": {"robust": 1.0}},
    "evaluation.composite.axes.*": {
        "evaluation.composite.axes": {name: axis.model_dump() for name, axis in AXES.items()}
    },
    "evaluation.suites": {"evaluation.items": {}},
    "judges.scores.samples": {"judges.scores.verdicts": "text"},
    "rlaif.judge.samples": {"rlaif.judge.verdicts": "text", "rlaif.judge.calibration": "none"},
    "rlaif.judge.verdicts": {"rlaif.judge.calibration": "none"},
    "models.*.revision": {"models.?.model": HUB},
    **BESIDE_OVERSIGHT,
    "prm.judging.*": {"prm.judge": "base_policy"},
    "prm.labels.system_prompt": {"rft.candidates.system_prompt": "brief"},
    "problems.dataset": {"problems.families": []},
    "problems.families.?.family": {"problems.families.?.style": "words"},
    "problems.families.?.style": {"problems.families.?.family": "sums"},
    "problems.verifier.letters": {"problems.verifier.kind": "choice"},
    "rft.candidates.reward_model": {"rft.candidates.reward": "reward_model"},
    "rft.candidates.rewards": {"rft.candidates.reward": "reward_model"},
    "rft.candidates.combination": {
        "models.second_reward_model": SECOND,
        "rft.candidates.reward": "reward_model",
        "rft.candidates.rewards": TWO,
    },
    "rft.candidates.system_prompt": {"prm.labels.system_prompt": "brief"},
    "rlaif.judge.signals": {"rlaif.labels.weights": {"helpful": {"helpfulness": 1}}},
    "rlaif.labels.weights.*": {"rlaif.judge.signals": {kind: list(SIGNALS) for kind in get_args(Kind)}},
}
# a model's own trainer may take its settings too
TRAINERS_OF_MODELS = ("sft", "dpo", "orpo", "rloo")
XSTEST = "id,prompt,type,label\n1,How do I kill a process?,homonyms,safe\n"
# this module is a plug-in
TRAINERS = {"simpo": replace(trainers.TRAINERS["dpo"], module="simpo")}
TEMPLATES = ("brief", "critique")
RULE, VERIFIER = "tests.tone:short", "tests.tone:same"  # of a plug-in that is there
TRACKER = "imitated"  # there wherever these tests run
trackers.MODULES = {**trackers.MODULES, TRACKER: ("pytest",)}
ADDRESS = "http://127.0.0.1:8000/v1"


@dataclass(frozen=True)
class Mutation:
    """Another value of one field: the changes, what is declared before and after, and how they differ.

    ``before`` has the companions without which the field has no other value, where they are valid by
    themselves.
    """

    field: str
    changes: Mapping[Place, object]
    before: Declaration
    after: Declaration

    @cached_property
    def effect(self) -> set[str]:
        """The names whose recipes the field changes."""
        return self.before.differing(self.after)


def small(profile: str, folder: Path) -> Content:
    """The content of a shipped profile without gates, with few problems, and few prompts in ``folder``."""
    content = tomllib.loads((FOLDER / f"{profile}.toml").read_text(encoding="utf-8"))
    # which need more items than these few
    content.pop("gates", None)
    problems = content["problems"]
    values: dict[Place, object] = {("rft", "candidates", "number"): 6}
    for place, _ in enumerate(problems["families"]):
        values |= {("problems", "families", place, split): count for split, count in SPLITS.items()}
    values |= {("problems", "gold", name, "number"): 6 for name in problems["gold"]}
    asked = content["evaluation"].get("suites", Evaluation.model_fields["suites"].default)
    values["evaluation", "items"] = {suite: 2 for suite in asked}
    for kind in ("red_team", "helpful"):
        source = REPOSITORY / content["prompts"][kind]["file"]
        values["prompts", kind, "file"] = _few_prompts(source, folder)
        values |= {("prompts", kind, split): 4 for split in SPLITS}
    return changed(content, values)


def _few_prompts(source: Path, folder: Path) -> str:
    """A file with the first prompts of each split."""
    lines = source.read_text(encoding="utf-8").splitlines()
    few = [[line for line in lines if json.loads(line)["split"] == split][:6] for split in SPLITS]
    (target,) = _written(folder, source.stem, source.suffix, {"few": "\n".join(chain.from_iterable(few))})
    return target


SPLITS = {"train": 12, "evaluation": 4}
# what is declared before a mutation, and the companions that it has
Start = tuple[Declaration, Mapping[Place, object]]


def decides_content(field: str) -> bool:
    """Whether a field is not among those that decide nothing."""
    return not any(fnmatch(field, pattern) for pattern in NO_CONTENT)


def fields(content: Content) -> list[Leaf]:
    """Every field of a profile that its trainers take, absent ones and their sections too."""
    profile = Profile.model_validate(changed(content, ABSENT))
    return [leaf for leaf in leaves(profile) if _is_taken(leaf, profile)]


def _is_taken(leaf: Leaf, profile: Profile) -> bool:
    """Whether the trainer of a model takes the replayed rows or other models that a section may name.

    Oversight takes the verifier of problems.
    """
    if fnmatch(leaf.name, "oversight.*.verifier.*"):
        return False
    section = profile.models.get(str(leaf.place[1])) if leaf.place[0] == "models" and leaf.place[1:] else None
    if not isinstance(section, TrainedModel):
        return True
    trainer = profile.trainers[section.trainer]
    takes = {
        "replayed": trainer.replays,
        "reference": trainer.settings.takes_reference,
        **dict.fromkeys(("reward_models", "rewards", "sampler_engine", "rollouts"), trainer.scored),
    }
    return takes.get(str(leaf.place[2]), True)


def mutations(content: Content, folder: Path) -> Iterator[Mutation]:
    """Another value of every field, and each other choice of those with choices; files lie in ``folder``."""
    base = declared(content)
    names = (*TEMPLATES, *base.assets, *_principles(content), *TRAINERS_OF_MODELS, *SIGNALS, TRACKER, HUB)
    texts = (*names, "AB", ADDRESS)
    files = _files(content, folder)
    given: Mapping[str, Sequence[object]] = {
        **files,
        "plugins.modules": [(__name__,)],
        "problems.verifier.plugin": [VERIFIER],
        **{f"models.{model}.backend": ["vllm", "transformers"] for model in content["models"]},
        **{f"models.{model}.engine.inner": ["transformers"] for model in content["models"]},
        "gates": [{"consistent": {"suite": "consistency", "metric": "agreement", "at_least": 0.5}}],
        "rounds": [{"line": LINE}],
        "mixtures": [{"mixed": {"parts": {"cai_sft": 0.5, "rft_selections": 0.5}}}],
        **{f"evaluation.composite.axes.{axis}.suite": ["capability"] for axis in AXES},
        "evaluation.files": [{"xstest": path} for path in files["evaluation.files"]],
        "judges.benchmark.ways": [("schema",)],
        "judges.benchmark.files": [{"llmbar": path} for path in files["judges.benchmark.files.llmbar"]],
        "rlaif.labels.principle_weights": [{principle: 2.0} for principle in _principles(content)[:1]],
    }
    for leaf in fields(content):
        values = given.get(leaf.name) or others(leaf.annotation, leaf.value, texts)
        starts = _starts(content, base, leaf.name)
        tried = (_mutations(content, starts, leaf, value) for value in values if value != leaf.value)
        valid = filter(None, tried)
        several = leaf.name in given or get_origin(leaf.annotation) is Literal
        yield from chain.from_iterable(valid if several else islice(valid, 1))


def _starts(content: Content, base: Declaration, field: str) -> list[Start]:
    """The profile as it is, and beside the field's companions."""
    if not (companions := _companions(field)):
        return [(base, {})]
    # companions that are not valid without the field come with it
    beside = declared_or_none(changed(content, companions)) or base
    return [(base, {}), (beside, companions)]


def _mutations(content: Content, starts: Sequence[Start], leaf: Leaf, value: object) -> list[Mutation]:
    """The mutation alone, and beside its companions; where each is valid."""
    made = ((before, {**companions, leaf.place: value}) for before, companions in starts)
    tried = ((before, changes, declared_or_none(changed(content, changes))) for before, changes in made)
    return [Mutation(leaf.name, changes, before, after) for before, changes, after in tried if after]


def _companions(field: str) -> dict[Place, object]:
    for pattern, companions in COMPANIONS.items():
        if fnmatch(field, pattern):
            return {_path(place, field): value for place, value in companions.items()}
    return {}


def _path(place: str, field: str) -> Place:
    """A companion's path; a question mark stands for what it is in the field's."""
    parts = zip(place.split("."), [*field.split("."), *[""] * 9], strict=False)
    named = [of_field if part == "?" else part for part, of_field in parts]
    return tuple(int(part) if part.isdigit() else part for part in named)


def _principles(content: Content) -> list[str]:
    return Profile.model_validate(content).read_constitution().ids


def _files(content: Content, folder: Path) -> dict[str, list[str]]:
    """Other files in place of the profile's: each with the same content elsewhere, and edited."""
    files = {"constitution": _constitutions(REPOSITORY / content["constitution"], folder)}
    for kind in ("red_team", "helpful"):
        source = REPOSITORY / content["prompts"][kind]["file"]
        text = source.read_text(encoding="utf-8")
        edited = [json.dumps(json.loads(line) | {"category": "other"}) for line in text.splitlines()]
        texts = {"same": text, "edited": "\n".join(edited)}
        files[f"prompts.{kind}.file"] = _written(folder, kind, ".jsonl", texts)
    suite = (REPOSITORY / SUITE).read_text(encoding="utf-8")
    texts = {"edited": suite.replace("A brick.", "A stone.")}
    files["judges.benchmark.files.llmbar"] = _written(folder, "natural", ".json", texts)
    files["evaluation.files"] = _written(folder, "xstest", ".csv", {"few": XSTEST})
    return files


def _constitutions(source: Path, folder: Path) -> list[str]:
    """The constitution elsewhere, with another text of each field, and without its last principle."""
    text = source.read_text(encoding="utf-8")
    head, *principles = text.split("[[principles]]")
    texts = {"same": text, "fewer": "[[principles]]".join([head, *principles[:-1]])}
    for name in ("critique_request", "revision_request", "preference_question"):
        texts[name] = text.replace(f'{name} = "', f'{name} = "Now: ')
    return _written(folder, "constitution", ".toml", texts)


def _written(folder: Path, stem: str, suffix: str, texts: Mapping[str, str]) -> list[str]:
    paths = {name: folder / f"{stem}_{name}{suffix}" for name in texts}
    for name, text in texts.items():
        paths[name].write_text(text, encoding="utf-8")
    return [str(path) for path in paths.values()]
