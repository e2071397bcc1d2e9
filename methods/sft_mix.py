"""The SFT set of Constitutional AI: last revisions, and helpful answers to keep helpfulness."""

from collections.abc import Iterable

from datasets_registry.schemas import HelpfulAnswer, RevisionStep, SftExample


def sft_examples(revisions: Iterable[RevisionStep], answers: Iterable[HelpfulAnswer]) -> list[SftExample]:
    """One example per prompt whose last revision, or whose answer, is whole."""
    last: dict[str, RevisionStep] = {}
    for step in sorted(revisions, key=lambda one: one.step):
        last[step.prompt_id] = step
    learned = [_from_revision(one) for one in last.values() if one.failure is None]
    return learned + [_from_answer(one) for one in answers if one.failure is None]


def _from_revision(step: RevisionStep) -> SftExample:
    assert step.revision is not None and step.revision_key is not None
    return SftExample(
        prompt_id=step.prompt_id, prompt=step.prompt, completion=step.revision.strip(),
        kind="revision", category=step.category, split_group=step.split_group,
        completion_key=step.revision_key,
    )  # fmt: skip


def _from_answer(answer: HelpfulAnswer) -> SftExample:
    return SftExample(
        prompt_id=answer.prompt_id, prompt=answer.prompt, completion=answer.completion.strip(),
        kind="helpful", category=answer.category, split_group=answer.split_group,
        completion_key=answer.completion_key,
    )  # fmt: skip
