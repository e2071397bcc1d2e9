"""The prompts that methods take from the two prompt sets, or from a round's, of one split."""

from typing import Literal

from datasets_registry.rows.prompts import HelpfulPrompt, Prompt, RedTeamPrompt
from datasets_registry.rows.rounds.prompts import RoundPrompt
from datasets_registry.rows.words import Kind
from methods.method import Inputs

Split = Literal["train", "evaluation"]


def red_team_prompts(inputs: Inputs, split: Split) -> list[Prompt]:
    """The red-team prompts of ``split``."""
    own = [prompt for prompt in inputs.rows(RedTeamPrompt) if prompt.split == split]
    return [*own, *_of_round(inputs, "red_team", split)]


def helpful_prompts(inputs: Inputs, split: Split) -> list[Prompt]:
    """The helpful prompts of ``split``."""
    own = [prompt for prompt in inputs.rows(HelpfulPrompt) if prompt.split == split]
    return [*own, *_of_round(inputs, "helpful", split)]


def _of_round(inputs: Inputs, kind: Kind, split: Split) -> list[Prompt]:
    prompts = inputs.rows(RoundPrompt)
    return [prompt for prompt in prompts if prompt.kind == kind and prompt.split == split]


def all_prompts(inputs: Inputs, split: Split) -> list[tuple[Kind, Prompt]]:
    """The prompts of ``split`` from both sets, red-team prompts first."""
    red_team: list[tuple[Kind, Prompt]] = [("red_team", prompt) for prompt in red_team_prompts(inputs, split)]
    return red_team + [("helpful", prompt) for prompt in helpful_prompts(inputs, split)]
