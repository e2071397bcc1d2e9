"""DPO on pairs of which a fifth is labelled wrongly, by a judge that knows how sure it is of each."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.sides.lab import Lab, full, gold
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.rft import Candidate, GoldSolution, VerifiedPair
from datasets_registry.rows.rlaif import PreferencePair
from datasets_registry.version import Version
from generation.chat import finished, render, token_ids
from generation.models.loading import load
from generation.request import Message
from generation.scoring.padding import batches, padded_ids
from methods.problems.families import FamilySettings, ProblemSettings, make_problems
from methods.rft.stopping import StoppingRule
from methods.rft.verified_pairs import VerifiedPairSettings, verified_pairs
from training.dpo import dpo
from training.settings.dpo import DpoSettings

# P(the label is right), each as often: a fifth of all labels is wrong
SURENESS = (0.6, 0.7, 0.8, 0.9, 1.0)
Right = tuple[list[bool], list[bool]]


@dataclass(frozen=True)
class Size:
    """How much of everything."""

    gold: int
    problems: int
    base_steps: int
    samples: int
    held_out_share: float
    steps: int
    held_out: int
    sizes: tuple[int, ...] = (3,)
    batch_size: int = 32


class NoisyLabels:
    """A lab policy, pairs of its right and wrong answers, and how DPO on noisy labels of them fares."""

    def __init__(self, folder: Path, size: Size) -> None:
        self.lab, self._size = Lab(folder), size
        family = FamilySettings(
            family="sums",
            sizes=size.sizes,
            greatest=20,
            style="symbols",
            train=size.gold + size.problems,
            evaluation=size.held_out,
        )
        problems = make_problems(ProblemSettings(families=(family,)))
        training = [problem for problem in problems if problem.split == "train"]
        self._held_out = [problem for problem in problems if problem.split == "evaluation"]
        solutions = self.lab.commit(GoldSolution, gold(training[: size.gold]))
        self.policy = self.lab.train(self.lab.given("lab"), solutions, full(size.base_steps))
        pairs = self._pairs(training[size.gold :])
        cut = round(len(pairs) * size.held_out_share)
        self.measured, self._pairs_learned = pairs[:cut], pairs[cut:]

    def _pairs(self, problems: Sequence[Problem]) -> list[VerifiedPair]:
        drawn: list[Candidate] = self.lab.samples(
            self.policy, problems, StoppingRule(max_draws=self._size.samples)
        )
        pairs = sorted(
            verified_pairs(drawn, VerifiedPairSettings(per_problem=1)), key=lambda pair: pair.pair_id
        )
        random.Random(0).shuffle(pairs)
        return pairs

    def right(self, target: str, seed: int) -> Right:
        """Whether each held-out pair is ranked rightly, and each held-out problem solved at T = 1."""
        labels = self.lab.commit(PreferencePair, [_noisy(pair, seed) for pair in self._pairs_learned])
        shared = full(self._size.steps, rate=2e-4, batch_size=self._size.batch_size, seed=seed).model_dump()
        trained = self.lab.train(
            self.policy, labels, DpoSettings.model_validate(shared | {"target": target}), dpo
        )
        ranked = self._ranked(trained)
        return ranked, self.lab.right(trained, self._held_out, 1.0, seed=seed)

    def _ranked(self, trained: Version) -> list[bool]:
        """By DPO's implicit reward: the log-ratio of the trained policy to the one it started from."""
        after, before = (self._log_probabilities(model) for model in (trained, self.policy))
        gains = [trained_log - base_log for trained_log, base_log in zip(after, before, strict=True)]
        half = len(self.measured)
        return [chosen > rejected for chosen, rejected in zip(gains[:half], gains[half:], strict=True)]

    def _log_probabilities(self, model: Version) -> list[float]:
        """Of all chosen completions, then of all rejected ones."""
        texts = [(pair.prompt, pair.chosen) for pair in self.measured]
        texts += [(pair.prompt, pair.rejected) for pair in self.measured]
        return log_probabilities(*self.lab.places(model), texts)


def _noisy(pair: VerifiedPair, seed: int) -> PreferencePair:
    """The pair as a judge labels it that is right as often as it is sure."""
    chance = random.Random(f"{seed} {pair.pair_id}")
    sure = chance.choice(SURENESS)
    right = chance.random() < sure
    chosen, rejected = (pair.chosen, pair.rejected) if right else (pair.rejected, pair.chosen)
    return PreferencePair(
        pair_id=pair.pair_id,
        prompt_id=pair.problem_id,
        prompt=pair.prompt,
        history=[],
        kind="helpful",
        category="sums",
        split_group=pair.split_group,
        principle_id=None,
        principles=[],
        p_a=sure,
        p_harmlessness=None,
        p_helpfulness=None,
        p_honesty=None,
        p_signals=[],
        logit_ab=None,
        logit_ba=None,
        num_unparsed=0,
        judge_spread=None,
        judges_disagree=None,
        label="a",
        failure=None,
        chosen=chosen,
        rejected=rejected,
    )


def log_probabilities(folder: Path, base: Path | None, texts: Sequence[tuple[str, str]]) -> list[float]:
    """log P(completion and its end | prompt) of each, in nats."""
    import torch
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    model = load("AutoModelForCausalLM", folder, base, torch.float32).eval()
    rows = [_ids(tokenizer, *text) for text in texts]
    sums = [0.0] * len(rows)
    for places in batches([ids for ids, _ in rows], 256):
        inputs = padded_ids([rows[place][0] for place in places], 0)
        with torch.inference_mode():
            scores = model(**inputs).logits[:, :-1].log_softmax(-1)
        picked = scores.gather(2, inputs["input_ids"][:, 1:, None])[..., 0]
        for line, place in enumerate(places):
            ids, start = rows[place]
            sums[place] = float(picked[line, start - 1 : len(ids) - 1].sum())
    return sums


def _ids(tokenizer: Any, prompt: str, completion: str) -> tuple[list[int], int]:
    user, answer = Message(role="user", content=prompt), Message(role="assistant", content=completion)
    start = len(token_ids(tokenizer, render(tokenizer, [user], continues=False)))
    return token_ids(tokenizer, finished(tokenizer, [user, answer])), start
