"""Selections by rules: of k samples of a prompt one that keeps them all, and as many by chance as a control.

Rejection sampling where a constitution's rules are the verifier: no judge is asked, and no gold is needed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from pydantic import Field

from datasets_registry.hashing import draw, ranked
from datasets_registry.rows.scored.ruled import RuleControl, RuleSelection
from datasets_registry.settings import Seed, Settings
from generation.request import SamplingParams
from methods.judging.answers import answers_of, thinks
from methods.judging.conversation import conversation_of, failure_of, opening_templates
from methods.judging.rules import Rule, keeps
from methods.method import Inputs, Method, Models
from methods.prompt_sets import all_prompts
from methods.rlaif.pairs import PairSettings, Sample, sample_completions

R = TypeVar("R", bound=RuleSelection)


class RuleSelectionSettings(Settings):
    """How many samples of a prompt are drawn, and how; what is selected keeps the rule of each principle."""

    num_samples: int = Field(4, ge=2, le=64)
    system_prompt: str | None = None
    answers: SamplingParams
    seed: Seed = 0
    rules: Mapping[str, Rule] = Field(min_length=1)


def make_rule_selections(
    inputs: Inputs, models: Models, settings: RuleSelectionSettings
) -> Iterator[RuleSelection]:
    """Of each training prompt one whole sample that keeps every rule, where there is one."""
    for whole in _whole(inputs, models, settings):
        if keeping := _keeping(whole, settings):
            yield _row(RuleSelection, _one(keeping, settings), whole, models, settings)


def make_rule_controls(
    inputs: Inputs, models: Models, settings: RuleSelectionSettings
) -> Iterator[RuleControl]:
    """As many whole samples as are selected, each of another prompt, drawn without a look at the rules."""
    every = {whole[0].prompt.prompt_id: whole for whole in _whole(inputs, models, settings)}
    number = sum(bool(_keeping(whole, settings)) for whole in every.values())
    for prompt_id in ranked(list(every), "control", settings.seed)[:number]:
        whole = every[prompt_id]
        yield _row(RuleControl, _one(whole, settings), whole, models, settings)


def _whole(inputs: Inputs, models: Models, settings: RuleSelectionSettings) -> list[list[Sample]]:
    """The samples of each training prompt that were neither cut off nor empty, where there are any."""
    policy = models["policy"]
    sampling = PairSettings(
        num_samples=settings.num_samples,
        system_prompt=settings.system_prompt,
        answers=settings.answers,
        seed=settings.seed,
    )
    with policy.completer() as complete:
        answers, model = answers_of(complete, policy.thought_marks), complete.backend.fingerprint
        samples = sample_completions(all_prompts(inputs, "train"), answers, model, sampling)
    by_prompt = dict[str, list[Sample]]()
    for sample in samples:
        if failure_of(sample.completion) is None:
            by_prompt.setdefault(sample.prompt.prompt_id, []).append(sample)
    return list(by_prompt.values())


def _keeping(whole: Sequence[Sample], settings: RuleSelectionSettings) -> list[Sample]:
    return [sample for sample in whole if len(_kept(sample, settings.rules)) == len(settings.rules)]


def _kept(sample: Sample, rules: Mapping[str, Rule]) -> list[str]:
    """The principles whose rules a sample keeps; one that cannot be decided is not kept."""
    messages, thought = conversation_of(sample.prompt), thinks(sample.completion)
    return [name for name, rule in rules.items() if keeps(rule, messages, sample.text, thinks=thought).kept]


def _one(samples: Sequence[Sample], settings: RuleSelectionSettings) -> Sample:
    by_key = {sample.key: sample for sample in samples}
    return by_key[draw(list(by_key), "sample", settings.seed)]


def _row(
    row: type[R], sample: Sample, whole: Sequence[Sample], models: Models, settings: RuleSelectionSettings
) -> R:
    prompt = sample.prompt
    return row(
        prompt_id=prompt.prompt_id,
        prompt=prompt.prompt,
        history=prompt.history,
        kind=sample.kind,
        category=prompt.category,
        split_group=prompt.split_group,
        completion=sample.text,
        kept=_kept(sample, settings.rules),
        num_rules=len(settings.rules),
        num_whole=len(whole),
        policy=models["policy"].name,
        sample=sample.number,
        num_tokens=sample.completion.num_completion_tokens,
        completion_key=sample.key,
    )


def _templates(settings: RuleSelectionSettings) -> tuple[str, ...]:
    return opening_templates(settings.system_prompt)


def _method(
    run: Callable[[Inputs, Models, RuleSelectionSettings], Iterator[R]], rows: type[R]
) -> Method[RuleSelectionSettings]:
    return Method(run, RuleSelectionSettings, rows, prompts=_templates, generates=True)


RULE_SELECTIONS = _method(make_rule_selections, RuleSelection)
RULE_CONTROLS = _method(make_rule_controls, RuleControl)
