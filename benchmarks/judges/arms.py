"""What teaches a policy rules: the best of k samples, pairs, and random finished samples as a control."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.sides.lab import Lab
from datasets_registry.hashing import content_id, derive_seed, ranked
from datasets_registry.rows.prompts import Prompt
from datasets_registry.rows.rft import GoldSolution, VerifiedPair
from datasets_registry.version import Version
from generation.request import Completion, Request, SamplingParams
from methods.judging.conversation import conversation_of, failure_of, opening
from methods.judging.rules import Rule, keeps

SYSTEM = "brief"
PAIRS_PER_PROMPT = 2


@dataclass(frozen=True)
class Sample:
    """A whole sample of a prompt, and how many of the rules it keeps."""

    prompt: Prompt
    completion: Completion
    key: str
    num_kept: int

    @property
    def text(self) -> str:
        """What it says."""
        return self.completion.text.strip()


@dataclass(frozen=True)
class Taught:
    """The datasets of the arms, and how many samples they were chosen from."""

    best: Sequence[Sample]
    control: Sequence[Sample]
    pairs: Sequence[tuple[Sample, Sample]]


def drawn(
    lab: Lab,
    model: Version,
    prompts: Sequence[Prompt],
    answers: SamplingParams,
    number: int,
    rules: Mapping[str, Rule],
) -> list[list[Sample]]:
    """``number`` samples of each prompt, of which those that were cut off or failed are left out."""
    requests = [
        Request(
            messages=opening(prompt, SYSTEM),
            params=answers,
            seed=derive_seed("rules", prompt.prompt_id),
            sample=sample,
        )
        for prompt in prompts
        for sample in range(number)
    ]
    with lab.completer(model) as complete:
        completions = complete("samples", requests)
        keys = [request.key(complete.backend.fingerprint) for request in requests]
    samples = [
        Sample(prompt, completion, key, _num_kept(prompt, completion, rules))
        for prompt, completion, key in zip(
            [prompt for prompt in prompts for _ in range(number)], completions, keys, strict=True
        )
    ]
    return [
        [sample for sample in samples[start : start + number] if failure_of(sample.completion) is None]
        for start in range(0, len(samples), number)
    ]


def chosen(samples: Sequence[Sequence[Sample]], num_rules: int) -> Taught:
    """Per prompt a sample that keeps all rules, pairs that differ in how many, and as many random samples."""
    by_prompt = [_shuffled("best", whole) for whole in samples]
    best = [
        kept[0]
        for kept in ([each for each in whole if each.num_kept == num_rules] for whole in by_prompt)
        if kept
    ]
    pool = {sample.key: sample for sample in (_shuffled("control", whole)[0] for whole in samples if whole)}
    control = [pool[key] for key in ranked(list(pool), "control prompts")[: len(best)]]
    return Taught(best, control, [pair for whole in by_prompt for pair in _pairs(whole)])


def completions_of(lab: Lab, samples: Sequence[Sample]) -> Version:
    """Samples as a dataset for fine-tuning."""
    rows = [
        GoldSolution(
            problem_id=sample.prompt.prompt_id,
            prompt=sample.prompt.prompt,
            completion=sample.text,
            family=None,
            difficulty=None,
            split_group=sample.prompt.split_group,
        )
        for sample in samples
    ]
    return lab.commit(GoldSolution, rows)


def pairs_of(lab: Lab, pairs: Sequence[tuple[Sample, Sample]]) -> Version:
    """Pairs as a dataset for preference optimisation."""
    rows = [
        VerifiedPair(
            pair_id=content_id(better.key, worse.key),
            problem_id=better.prompt.prompt_id,
            prompt=better.prompt.prompt,
            chosen=better.text,
            rejected=worse.text,
            reward_chosen=better.num_kept,
            reward_rejected=worse.num_kept,
            num_tokens_chosen=better.completion.num_completion_tokens,
            num_tokens_rejected=worse.completion.num_completion_tokens,
            propensity=None,
            policy="base",
            split_group=better.prompt.split_group,
            chosen_key=better.key,
            rejected_key=worse.key,
        )
        for better, worse in pairs
    ]
    return lab.commit(VerifiedPair, rows)


def _num_kept(prompt: Prompt, completion: Completion, rules: Mapping[str, Rule]) -> int:
    messages = conversation_of(prompt)
    return sum(keeps(rule, messages, completion.text).kept is True for rule in rules.values())


def _shuffled(purpose: str, samples: Sequence[Sample]) -> list[Sample]:
    """The samples in an order that their content seeds."""
    by_key = {sample.key: sample for sample in samples}
    return [by_key[key] for key in ranked(list(by_key), purpose)]


def _pairs(samples: Sequence[Sample]) -> list[tuple[Sample, Sample]]:
    """The samples that keep most rules beside those that keep least."""
    ordered = sorted(samples, key=lambda sample: -sample.num_kept)
    matched = zip(ordered[:PAIRS_PER_PROMPT], reversed(ordered), strict=False)
    return [(better, worse) for better, worse in matched if better.num_kept > worse.num_kept]
