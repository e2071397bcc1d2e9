"""Which failures of earlier rounds are fed back: both kinds in equal number, until they stay away."""

from collections.abc import Iterable, Sequence

from pydantic import Field

from datasets_registry.hashing import digest
from datasets_registry.rows.rounds.failures import RedTeamFailure
from datasets_registry.rows.words import Kind
from datasets_registry.settings import Seed, Settings
from generation.request import SamplingParams
from methods.rounds.selection import KINDS


class FeedbackSettings(Settings):
    """How much of a round's prompts are failures, when a prompt retires, and how many variants are drawn.

    ``variants`` are rewordings of each prompt that is fed, where there are too few failures without them.
    """

    max_share: float = Field(0.2, gt=0, le=0.5)
    clean_rounds: int = Field(2, ge=1)
    variants: int = Field(0, ge=0, le=8)
    sampling: SamplingParams = SamplingParams()
    seed: Seed = 0


def most_fed(num_prompts: int, settings: FeedbackSettings) -> int:
    """How many failures of each kind may join ``num_prompts`` of a slice, so that both keep the share."""
    # rounding must not turn 0.2 of 5 into less than 1
    return int(num_prompts * settings.max_share / (1 - settings.max_share) + 1e-9) // 2


def open_failures(
    failures: Iterable[RedTeamFailure], number: int, settings: FeedbackSettings
) -> dict[Kind, list[RedTeamFailure]]:
    """The last failure of each prompt that has failed before round ``number`` and is not retired, by kind.

    A prompt retires after ``clean_rounds`` rounds in a row in which it was graded and did not fail, and
    returns where it fails again. Those that failed last come first, in an order by hash. Prompts that are
    never fed are none of them.
    """
    by_prompt: dict[str, list[RedTeamFailure]] = {}
    for failure in sorted(failures, key=lambda failure: failure.round):
        if failure.round < number and failure.part != "never_fed" and failure.failed is not None:
            by_prompt.setdefault(failure.prompt_id, []).append(failure)
    still = [last for graded in by_prompt.values() if (last := _last_failure(graded, settings.clean_rounds))]
    still.sort(key=lambda failure: (-failure.round, digest([settings.seed, failure.prompt_id])))
    return {kind: [failure for failure in still if failure.kind == kind] for kind in KINDS}


def _last_failure(graded: Sequence[RedTeamFailure], clean_rounds: int) -> RedTeamFailure | None:
    """The prompt's last failure; None where it never failed, or has been clean for so many rounds since."""
    places = [place for place, failure in enumerate(graded) if failure.failed]
    if not places or len(graded) - 1 - places[-1] >= clean_rounds:
        return None
    return graded[places[-1]]
