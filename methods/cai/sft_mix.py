"""The SFT set of Constitutional AI: revisions, and helpful and capability examples to keep what was there.

Bai et al. 2022 (§3.2) learn all steps' revisions beside two helpful answers a prompt; the shares here
are of tokens, as tokens are what is trained on.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from pydantic import Field, model_validator

from datasets_registry.hashing import digest
from datasets_registry.importing.groups import split_group
from datasets_registry.rows.cai import HelpfulAnswer, RevisionStep, SftExample
from datasets_registry.rows.imported import Demonstration
from datasets_registry.settings import Settings

CountTokens = Callable[[str], int]


class MixSettings(Settings):
    """Which step's revision is learned, and the shares of tokens that are no revisions.

    Without a helpful share, all helpful answers are taken. Capability examples come from an imported
    dataset of demonstrations.
    """

    step: Literal["last", "all"] | int = "last"
    helpful_share: float | None = Field(None, ge=0, lt=1)
    capability: str | None = None
    capability_share: float = Field(0.0, ge=0, lt=1)
    seed: int = 0

    @model_validator(mode="after")
    def _shares_leave_room(self) -> "MixSettings":
        if (self.helpful_share or 0) + self.capability_share >= 1:
            raise ValueError("helpful_share and capability_share leave no room for revisions: lower one")
        if isinstance(self.step, int) and not 1 <= self.step <= 4:
            raise ValueError(f"step {self.step} is no revision: take 1 to 4, 'last' or 'all'")
        if (self.capability is None) != (self.capability_share == 0):
            raise ValueError("capability and capability_share go together: name a dataset and its share")
        return self


def sft_examples(
    revisions: Iterable[RevisionStep],
    answers: Iterable[HelpfulAnswer],
    settings: MixSettings,
    count_tokens: CountTokens,
    demonstrations: Iterable[Demonstration] = (),
) -> list[SftExample]:
    """Whole revisions of the chosen step, and whole answers and demonstrations up to their shares."""
    learned = [_from_revision(one, count_tokens) for one in _chosen(revisions, settings.step)]
    helpful = [_from_answer(one, count_tokens) for one in answers if one.failure is None]
    capable = [_from_demonstration(one, count_tokens) for one in demonstrations]
    rest = sum(one.num_tokens for one in learned)
    if settings.helpful_share is None:
        rest += sum(one.num_tokens for one in helpful)
    else:
        helpful = _up_to(helpful, rest * settings.helpful_share / _left(settings), settings.seed)
    capable = _up_to(capable, rest * settings.capability_share / _left(settings), settings.seed)
    return learned + helpful + capable


def _left(settings: MixSettings) -> float:
    """The share of tokens that is not set."""
    return 1 - (settings.helpful_share or 0.0) - settings.capability_share


def _up_to(examples: Sequence[SftExample], num_tokens: float, seed: int) -> list[SftExample]:
    """Examples in a drawn order until the next would take them past ``num_tokens`` by more than it adds."""
    taken, total = [], 0
    for one in sorted(examples, key=lambda one: digest([seed, one.prompt_id])):
        if total + one.num_tokens / 2 > num_tokens:
            break
        taken.append(one)
        total += one.num_tokens
    return taken


def _chosen(revisions: Iterable[RevisionStep], step: Literal["last", "all"] | int) -> list[RevisionStep]:
    by_prompt: dict[str, list[RevisionStep]] = {}
    for one in sorted(revisions, key=lambda one: one.step):
        if one.kind == "red_team":
            by_prompt.setdefault(one.prompt_id, []).append(one)
    chosen: list[RevisionStep] = []
    for steps in by_prompt.values():
        if step == "all":
            # a step that changed nothing would only repeat the one before
            chosen += [one for one in steps if one.changed or one is steps[0]]
        else:
            # a chain that stopped before has its last step in every later one's place
            chosen.append(steps[-1] if step == "last" else steps[min(step, len(steps)) - 1])
    return [one for one in chosen if one.failure is None]


def _from_revision(step: RevisionStep, count_tokens: CountTokens) -> SftExample:
    assert step.revision is not None and step.revision_key is not None
    return SftExample(
        prompt_id=step.prompt_id,
        prompt=step.prompt,
        history=step.history,
        completion=step.revision.strip(),
        kind="revision",
        step=step.step,
        num_tokens=count_tokens(step.revision.strip()),
        category=step.category,
        split_group=step.split_group,
        completion_key=step.revision_key,
    )


def _from_answer(answer: HelpfulAnswer, count_tokens: CountTokens) -> SftExample:
    text = answer.completion.strip()
    return SftExample(
        prompt_id=answer.prompt_id,
        prompt=answer.prompt,
        history=answer.history,
        completion=text,
        kind="helpful",
        step=0,
        num_tokens=count_tokens(text),
        category=answer.category,
        split_group=answer.split_group,
        completion_key=answer.completion_key,
    )


def _from_demonstration(one: Demonstration, count_tokens: CountTokens) -> SftExample:
    return SftExample(
        prompt_id=one.id,
        prompt=one.prompt,
        history=one.messages[:-1],
        completion=one.completion.strip(),
        kind="capability",
        step=0,
        num_tokens=count_tokens(one.completion.strip()),
        category=one.source,
        split_group=split_group(one.prompt),
        completion_key=None,
    )
