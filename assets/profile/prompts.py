"""The profile's `[prompts]` and `[answers]`: which prompts there are, and how policies answer them."""

from datasets_registry.settings import Seed, Settings
from generation.request import SamplingParams
from methods.problems.prompt_files import PromptSettings


class PromptFile(PromptSettings):
    """A prompt file, relative to the repository or absolute, and how many of its prompts are used."""

    file: str


class Prompts(Settings):
    """The prompt files of each kind; a kind without one has to be imported."""

    red_team: PromptFile | None = None
    helpful: PromptFile | None = None


class Answers(SamplingParams):
    """The system prompt and sampling parameters of policies."""

    system_prompt: str | None = None
    seed: Seed = 0

    @property
    def sampling(self) -> SamplingParams:
        """The sampling parameters alone."""
        return SamplingParams(**self.model_dump(include=set(SamplingParams.model_fields)))
