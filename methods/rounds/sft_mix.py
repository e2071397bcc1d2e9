"""The next SFT set: constitutional AI's own, with the revised failures of rounds in their prompts' place."""

from collections.abc import Iterable

from datasets_registry.rows.cai import HelpfulAnswer, RevisionStep, SftExample
from datasets_registry.rows.imported import Demonstration
from datasets_registry.rows.rounds.revisions import FailureRevision
from methods.cai.sft_mix import MixSettings, sft_examples
from methods.method import Inputs, Method, Models


def make_sft_mix(inputs: Inputs, models: Models, settings: MixSettings) -> list[SftExample]:
    """The SFT set, its lengths in the policy's tokens."""
    failures = latest(inputs.rows(FailureRevision))
    revised = {step.prompt_id for step in failures}
    own = [step for step in inputs.rows(RevisionStep) if step.prompt_id not in revised]
    # the answer to a prompt that was refused may be that refusal
    answers = [answer for answer in inputs.rows(HelpfulAnswer) if answer.prompt_id not in revised]
    count_tokens, demonstrations = models["policy"].count_tokens, inputs.rows(Demonstration)
    return sft_examples([*own, *map(_learned, failures)], answers, settings, count_tokens, demonstrations)


def latest(failures: Iterable[FailureRevision]) -> list[FailureRevision]:
    """The revisions of each prompt in the last round in which it failed."""
    by_prompt: dict[str, list[FailureRevision]] = {}
    for step in failures:
        steps = by_prompt.setdefault(step.prompt_id, [])
        if steps and steps[0].round < step.round:
            steps.clear()
        if not steps or steps[0].round == step.round:
            steps.append(step)
    return [step for steps in by_prompt.values() for step in steps]


def _learned(step: FailureRevision) -> RevisionStep:
    """The revision as one that is learned, as those of helpful prompts are not where they are controls."""
    return step.model_copy(update={"kind": "red_team"})


FAILURE_SFT = Method(run=make_sft_mix, settings=MixSettings, rows=SftExample)
