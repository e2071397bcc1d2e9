"""Draws that a run is asked for: by a tag on it, so that a run that is begun again draws the same."""

import json
from collections.abc import Mapping

TAG = "trimtab/draws"


def draws_tag(draws: Mapping[str, int]) -> dict[str, str]:
    """The tag of a run that draws these datasets again, each for the time of its number; none of no draws."""
    return {TAG: json.dumps(dict(draws))} if draws else {}


def draws_of(tags: Mapping[str, str]) -> Mapping[str, int]:
    """The draws that a run's tags ask for."""
    draws: Mapping[str, int] = json.loads(tags.get(TAG, "{}"))
    return draws
