"""The prompt sets: prompt files as versioned datasets."""

from collections.abc import Sequence
from dataclasses import dataclass

from assets.building.declared import Dataset, dataset
from assets.profile.prompts import PromptFile, Prompts
from datasets_registry.rows.prompts import HelpfulPrompt, Prompt, RedTeamPrompt
from datasets_registry.rows.rounds.prompts import RoundPrompt
from datasets_registry.state import REPOSITORY
from methods.problems.prompt_files import HELPFUL_PROMPTS, RED_TEAM_PROMPTS, prompt_file_settings

GROUP = "prompts"


@dataclass(frozen=True)
class PromptSets:
    """The names of the prompt datasets that a pipeline reads: both prompt sets, or a round's prompts."""

    red_team: str = RedTeamPrompt.dataset
    helpful: str = HelpfulPrompt.dataset
    rounds: str = ""

    @classmethod
    def of_round(cls, prompts: str) -> "PromptSets":
        """The prompts of one round alone."""
        return cls(red_team="", helpful="", rounds=prompts)

    @property
    def roles(self) -> dict[str, str]:
        """All as inputs; a role may be left empty."""
        return {
            RedTeamPrompt.dataset: self.red_team,
            HelpfulPrompt.dataset: self.helpful,
            RoundPrompt.dataset: self.rounds,
        }


DEFAULT_SETS = PromptSets()


def prompts(section: Prompts, at: str = "") -> Sequence[Dataset]:
    """``red_team_prompts`` and ``helpful_prompts``, each where the profile names its file.

    Raises BadInput where a file cannot be used.
    """
    files: tuple[tuple[type[Prompt], PromptFile | None], ...] = (
        (RedTeamPrompt, section.red_team),
        (HelpfulPrompt, section.helpful),
    )
    methods = {RedTeamPrompt: RED_TEAM_PROMPTS, HelpfulPrompt: HELPFUL_PROMPTS}
    return [
        dataset(
            at + row.dataset,
            methods[row],
            prompt_file_settings(row, REPOSITORY / file.file, file),
            group=GROUP,
        )
        for row, file in files
        if file is not None
    ]
