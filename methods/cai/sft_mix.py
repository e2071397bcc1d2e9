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
from datasets_registry.settings import Seed, Settings
from methods.method import Inputs, Method, Models

CountTokens = Callable[[str], int]


class MixSettings(Settings):
    """Which revision of each chain is learned, and the shares of tokens of the other examples.

    Without a helpful share, all helpful answers are taken. Capability examples are imported demonstrations.
    """

    step: Literal["last", "all"] | int = "last"
    helpful_share: float | None = Field(None, ge=0, lt=1)
    capability_share: float = Field(0.0, ge=0, lt=1)
    seed: Seed = 0

    @model_validator(mode="after")
    def _shares_leave_room(self) -> "MixSettings":
        if (self.helpful_share or 0) + self.capability_share >= 1:
            raise ValueError("helpful_share and capability_share leave no room for revisions: lower one")
        if isinstance(self.step, int) and not 1 <= self.step <= 4:
            raise ValueError(f"step {self.step} is not a revision: take 1 to 4, 'last' or 'all'")
        return self


def make_sft_mix(inputs: Inputs, models: Models, settings: MixSettings) -> list[SftExample]:
    """The SFT set, its lengths in the policy's tokens."""
    return sft_examples(
        inputs.rows(RevisionStep),
        inputs.rows(HelpfulAnswer),
        settings,
        models["policy"].count_tokens,
        inputs.rows(Demonstration),
    )


def sft_examples(
    revisions: Iterable[RevisionStep],
    answers: Iterable[HelpfulAnswer],
    settings: MixSettings,
    count_tokens: CountTokens,
    demonstrations: Iterable[Demonstration] = (),
) -> list[SftExample]:
    """The chosen revisions that are whole, and whole answers and demonstrations up to their shares.

    A demonstration with tools or a thought has no place in a row, and is left out.
    """
    learned = [_from_revision(revision, count_tokens) for revision in _chosen(revisions, settings.step)]
    helpful = [_from_answer(answer, count_tokens) for answer in answers if answer.failure is None]
    capable = [_from_demonstration(one, count_tokens) for one in demonstrations if _is_text(one)]
    rest = sum(example.num_tokens for example in learned)
    if settings.helpful_share is None:
        rest += sum(example.num_tokens for example in helpful)
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
    for example in sorted(examples, key=lambda example: digest([seed, example.prompt_id])):
        if total + example.num_tokens / 2 > num_tokens:
            break
        taken.append(example)
        total += example.num_tokens
    return taken


def _chosen(revisions: Iterable[RevisionStep], step: Literal["last", "all"] | int) -> list[RevisionStep]:
    by_prompt: dict[str, list[RevisionStep]] = {}
    for revision in sorted(revisions, key=lambda revision: revision.step):
        if revision.kind == "red_team":
            by_prompt.setdefault(revision.prompt_id, []).append(revision)
    chosen: list[RevisionStep] = []
    for chain in by_prompt.values():
        if step == "all":
            # a revision that changed nothing would only repeat the one before
            chosen += [revision for revision in chain if revision.changed or revision is chain[0]]
        else:
            # in a chain that stopped before, the last revision stands for every later one
            chosen.append(chain[-1] if step == "last" else chain[min(step, len(chain)) - 1])
    return [revision for revision in chosen if revision.failure is None]


def _from_revision(revision: RevisionStep, count_tokens: CountTokens) -> SftExample:
    assert revision.revision is not None and revision.revision_key is not None
    text = revision.revision.strip()
    return SftExample(
        prompt_id=revision.prompt_id,
        prompt=revision.prompt,
        history=revision.history,
        completion=text,
        kind="revision",
        step=revision.step,
        num_tokens=count_tokens(text),
        category=revision.category,
        split_group=revision.split_group,
        completion_key=revision.revision_key,
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


def _is_text(demonstration: Demonstration) -> bool:
    """Whether its prompt is its last turn, and the answer is text alone."""
    beyond = (demonstration.tools, demonstration.reasoning, demonstration.tool_calls)
    return demonstration.messages[-1].role == "user" and not any(beyond)


def _from_demonstration(demonstration: Demonstration, count_tokens: CountTokens) -> SftExample:
    text = demonstration.completion.strip()
    return SftExample(
        prompt_id=demonstration.id,
        prompt=demonstration.prompt,
        history=demonstration.messages[:-1],
        completion=text,
        kind="capability",
        step=0,
        num_tokens=count_tokens(text),
        category="capability",
        split_group=split_group(demonstration.prompt),
        completion_key=None,
    )


CAI_SFT = Method(run=make_sft_mix, settings=MixSettings, rows=SftExample)
