"""Comparisons that people made: which of them are taken, and which answer stands in which slot."""

from collections.abc import Iterable
from heapq import nsmallest

from pydantic import Field

from datasets_registry.hashing import digest
from datasets_registry.rows.imported import HumanPreference
from datasets_registry.settings import Seed, Settings


class AgreementSelection(Settings):
    """How many of the comparisons are judged."""

    num_pairs: int = Field(200, ge=1)
    seed: Seed = 0


def selected(preferences: Iterable[HumanPreference], settings: AgreementSelection) -> list[HumanPreference]:
    """The comparisons judged: a drawn subset, which more of them leaves mostly as it is.

    A judge reads texts: answers that also call tools or have a thought are not compared.
    """
    texts = filter(_is_text, preferences)
    return nsmallest(settings.num_pairs, texts, key=lambda text: digest([settings.seed, text.pair_id]))


def _is_text(preference: HumanPreference) -> bool:
    beyond = (
        preference.tools,
        preference.chosen_tool_calls,
        preference.rejected_tool_calls,
        preference.chosen_reasoning,
        preference.rejected_reasoning,
    )
    return not any(beyond)


def in_slots(preference: HumanPreference) -> tuple[str, str, bool]:
    """Completions a and b, and whether a is the preferred one, which the id decides."""
    if int(digest(["slot", preference.pair_id])[:8], 16) % 2 == 0:
        return preference.chosen, preference.rejected, True
    return preference.rejected, preference.chosen, False
