"""What rounds ask of the prompt sets, and whether these have as many prompts as all rounds need."""

from assets.profile.profile import Profile
from assets.profile.rounds.rounds import Rounds
from datasets_registry.errors import BadInput
from datasets_registry.rows.prompts import HelpfulPrompt, RedTeamPrompt
from datasets_registry.state import REPOSITORY
from methods.problems.prompt_files import load_prompts, subset
from methods.rounds.prompts import RoundPromptSettings, slices
from methods.rounds.selection import sources_in


def prompt_settings(section: Rounds, number: int) -> RoundPromptSettings:
    """What one round asks, and what is fed back to it."""
    asks, red_teaming = section.asks, section.red_teaming
    return RoundPromptSettings(
        round=number,
        prompts=asks.each,
        seed=asks.seed,
        red_team=asks.red_team,
        helpful=asks.helpful,
        selection=red_teaming.selection if red_teaming else None,
        feedback=red_teaming.feedback if red_teaming else None,
    )


def require_prompts(name: str, last: RoundPromptSettings, profile: Profile) -> None:
    """Raise BadInput where the last round would find too few; imported prompts are counted when it asks."""
    red_team, helpful = profile.prompts.red_team, profile.prompts.helpful
    if red_team is None or helpful is None:
        return
    harmful = subset(load_prompts(RedTeamPrompt, REPOSITORY / red_team.file), red_team)
    benign = subset(load_prompts(HelpfulPrompt, REPOSITORY / helpful.file), helpful)
    try:
        slices(sources_in(harmful, benign, last.selection), last)
    except BadInput as error:
        raise BadInput(f"rounds.{name}: {error}") from error
