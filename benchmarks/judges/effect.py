"""Whether training by rules makes SmolLM2 keep them on held-out prompts, beside a control without rules."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.judges.arms import SYSTEM, chosen, completions_of, drawn, pairs_of
from benchmarks.judges.clock import Clock
from benchmarks.judges.kept import Answers, HeldOut, differences, shares
from benchmarks.sides.figure import Figure
from benchmarks.sides.lab import Lab
from datasets_registry.hashing import derive_seed
from datasets_registry.rows.prompts import HelpfulPrompt, Prompt, RedTeamPrompt
from datasets_registry.rows.words import Kind
from datasets_registry.state import REPOSITORY, State
from datasets_registry.version import Version
from generation.completer import Completer
from generation.models.sources import SMOLLM2, resolve_model
from generation.request import Completion, Request, SamplingParams
from methods.judging.constitution import load_constitution
from methods.judging.conversation import conversation_of, opening
from methods.judging.rules import keeps
from methods.problems.prompt_files import PromptSettings, load_prompts, subset
from methods.prompt_sets import Split
from methods.templates import fill
from training.dpo import dpo
from training.settings.dpo import DpoSettings
from training.settings.learning import TrainingSettings
from training.settings.sft import SftSettings
from training.sft import sft

FOLDER = State().root / "benchmarks" / "rules"
# where the model is unpacked once, and not for each trial
MODELS = State().models
CONSTITUTION = REPOSITORY / "methods" / "judging" / "constitution.toml"
SETS: dict[Kind, type[Prompt]] = {"red_team": RedTeamPrompt, "helpful": HelpfulPrompt}
BASE, BEST, DPO, CONTROL = "base", "best of k, SFT", "pairs, DPO", "random finished samples, SFT"
PAIRS = ((BEST, BASE), (BEST, CONTROL), (DPO, BASE), (DPO, CONTROL), (CONTROL, BASE))
# what is claimed, and only of the whole trial
BETTER = PAIRS[:2]


@dataclass(frozen=True)
class Size:
    """How much of everything; prompts are of each of both kinds, all where there is no number.

    ``pairs``: whether a policy learns from pairs too.
    """

    train: int | None = None
    held_out: int | None = None
    samples: int = 4
    least_kept: int = 3
    steps: int = 20
    batch_size: int = 4
    seeds: int = 5
    pairs: bool = True


FULL = Size()
QUICK = Size(train=2, held_out=1, least_kept=1, steps=2, batch_size=1, seeds=1, pairs=False)


def effect(quick: bool) -> Iterator[Figure]:
    """Shares of held-out answers that keep each rule, and differences paired by prompt, with intervals."""
    with tempfile.TemporaryDirectory(prefix="trimtab-rules-") as folder:
        yield from _Trial(Path(folder), QUICK).figures() if quick else _Trial(FOLDER, FULL).figures()


class _Trial:
    """One training of each arm, for as many steps each; what was made is found again."""

    def __init__(self, folder: Path, size: Size) -> None:
        self.size, self.lab, self.clock = size, Lab(folder, batch_size=128), Clock(folder / "seconds.json")
        self.rules = {
            principle.id: principle.rule
            for principle in load_constitution(CONSTITUTION).principles
            if principle.rule is not None
        }
        self.sampling = SamplingParams(temperature=1.0, max_tokens=40)

    def figures(self) -> Iterator[Figure]:
        answers = {name: self._answers(name, model) for name, model in self._models().items()}
        yield from shares(answers, self.rules)
        for arm, other in (names for names in PAIRS if answers.keys() >= {*names}):
            is_better = self.size is FULL and (arm, other) in BETTER
            yield from differences(arm, other, answers, self.rules, is_better=is_better)
        for stage, seconds in self.clock.seconds.items():
            yield Figure(name=f"time: {stage}", value=seconds, unit="s")

    def _models(self) -> dict[str, Version]:
        lab = self.lab
        base = lab.given(str(resolve_model(SMOLLM2, MODELS)), SMOLLM2.replace("-", "_"))
        prompts = [prompt for _, prompt in self._prompts("train")]
        with self.clock.stage("samples to learn from"):
            samples = drawn(lab, base, prompts, self.sampling, self.size.samples, self.rules)
        taught = chosen(samples, self.size.least_kept)
        settings = self._settings()
        best, control = completions_of(lab, taught.best), completions_of(lab, taught.control)
        models = {
            BASE: base,
            BEST: self._train(BEST, base, best, SftSettings(**settings)),
            CONTROL: self._train(CONTROL, base, control, SftSettings(**settings)),
        }
        if self.size.pairs:
            models[DPO] = self._train(DPO, base, pairs_of(lab, taught.pairs), DpoSettings(**settings))
        return models

    def _settings(self) -> dict[str, object]:
        return {
            "max_steps": self.size.steps,
            "batch_size": self.size.batch_size,
            "learning_rate": 2e-4,
            "min_steps": 1,
            "max_length": 256,
            "system_prompt": SYSTEM,
        }

    def _train(self, arm: str, base: Version, dataset: Version, settings: TrainingSettings) -> Version:
        trainer = dpo if arm == DPO else sft
        with self.clock.stage(f"training: {arm}"):
            return self.lab.train(base, dataset, settings, trainer, system_text=fill(SYSTEM))

    def _answers(self, name: str, model: Version) -> Answers:
        """The model's answers to the held-out prompts, for each seed of sampling."""
        prompts = self._prompts("evaluation")
        with self.clock.stage(f"held-out answers: {name}"), self.lab.completer(model) as complete:
            return [self._held_out(name, prompts, complete, seed) for seed in range(self.size.seeds)]

    def _held_out(
        self, name: str, prompts: Sequence[tuple[Kind, Prompt]], complete: Completer, seed: int
    ) -> Sequence[HeldOut]:
        requests = [
            Request(
                messages=opening(prompt, SYSTEM),
                params=self.sampling,
                seed=derive_seed(seed, "evaluation", prompt.prompt_id),
            )
            for _, prompt in prompts
        ]
        answers = complete(f"answers of {name}", requests)
        return [
            HeldOut(answer, self._kept(prompt, answer))
            for (_, prompt), answer in zip(prompts, answers, strict=True)
        ]

    def _kept(self, prompt: Prompt, answer: Completion) -> dict[str, bool | None]:
        """An answer that failed is held to no rule."""
        if answer.error is not None:
            return {}
        messages = conversation_of(prompt)
        return {
            name: keeps(rule, messages, answer.text, thinks=False).kept for name, rule in self.rules.items()
        }

    def _prompts(self, split: Split) -> Sequence[tuple[Kind, Prompt]]:
        settings = PromptSettings(train=self.size.train, evaluation=self.size.held_out)
        return [
            (kind, prompt)
            for kind, row in SETS.items()
            for prompt in subset(load_prompts(row, REPOSITORY / f"assets/prompts/{kind}.jsonl"), settings)
            if prompt.split == split
        ]
