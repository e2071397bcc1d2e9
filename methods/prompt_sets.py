"""The prompts that methods take from the two prompt sets, of one split."""

from typing import Literal

from datasets_registry.rows.prompts import HelpfulPrompt, Prompt, RedTeamPrompt
from datasets_registry.rows.words import Kind
from methods.method import Inputs

Split = Literal["train", "evaluation"]


def red_team_prompts(inputs: Inputs, split: Split) -> list[RedTeamPrompt]:
    """The red-team prompts of ``split``."""
    return [prompt for prompt in inputs.rows(RedTeamPrompt) if prompt.split == split]


def helpful_prompts(inputs: Inputs, split: Split) -> list[HelpfulPrompt]:
    """The helpful prompts of ``split``."""
    return [prompt for prompt in inputs.rows(HelpfulPrompt) if prompt.split == split]


def all_prompts(inputs: Inputs, split: Split) -> list[tuple[Kind, Prompt]]:
    """The prompts of ``split`` from both sets, red-team prompts first."""
    red_team: list[tuple[Kind, Prompt]] = [("red_team", prompt) for prompt in red_team_prompts(inputs, split)]
    return red_team + [("helpful", prompt) for prompt in helpful_prompts(inputs, split)]
