"""The prompts that methods take from the two prompt sets, or from a round's, of one split."""

from collections.abc import Iterator
from heapq import merge
from itertools import groupby, repeat
from operator import attrgetter
from typing import Literal

from datasets_registry.rows.prompts import HelpfulPrompt, Prompt, RedTeamPrompt
from datasets_registry.rows.rounds.prompts import RoundPrompt
from datasets_registry.rows.words import Kind
from methods.method import Inputs

Split = Literal["train", "evaluation"]


def red_team_prompts(inputs: Inputs, split: Split) -> list[Prompt]:
    """The red-team prompts of ``split``."""
    return list(streamed(inputs, "red_team", split))


def helpful_prompts(inputs: Inputs, split: Split) -> list[Prompt]:
    """The helpful prompts of ``split``."""
    return list(streamed(inputs, "helpful", split))


def all_prompts(inputs: Inputs, split: Split) -> list[tuple[Kind, Prompt]]:
    """The prompts of ``split`` from both sets, red-team prompts first."""
    red_team: list[tuple[Kind, Prompt]] = [("red_team", prompt) for prompt in red_team_prompts(inputs, split)]
    return red_team + [("helpful", prompt) for prompt in helpful_prompts(inputs, split)]


def streamed(inputs: Inputs, kind: Kind, split: Split) -> Iterator[Prompt]:
    """The prompts of one kind in the order of their ids, of which few are in memory at a time."""
    own = inputs.stream(RedTeamPrompt) if kind == "red_team" else inputs.stream(HelpfulPrompt)
    of_round = (prompt for prompt in inputs.stream(RoundPrompt) if prompt.kind == kind)
    every: Iterator[Prompt] = merge(own, of_round, key=attrgetter("prompt_id"))
    return (prompt for prompt in every if prompt.split == split)


def streamed_by_id(inputs: Inputs, split: Split) -> Iterator[list[tuple[Kind, Prompt]]]:
    """Those of both kinds; a prompt that stands in both sets is there twice, in one list."""
    kinds: tuple[Kind, ...] = ("red_team", "helpful")
    every = merge(*(zip(repeat(kind), streamed(inputs, kind, split)) for kind in kinds), key=_prompt_id)
    return (list(alike) for _, alike in groupby(every, key=_prompt_id))


def _prompt_id(prompt: tuple[Kind, Prompt]) -> str:
    return prompt[1].prompt_id
