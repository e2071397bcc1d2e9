"""Whether the profile's problems are as many, and of the families, as all rounds ask."""

from collections import Counter

from assets.profile.problems import Problems
from assets.profile.rounds.rounds import Rounds
from datasets_registry.documents import meant


def require_problems(place: str, section: Rounds, problems: Problems) -> None:
    """Raise ValueError where a round would find too few problems; imported ones are counted when it asks."""
    asks = section.asks
    if asks.problems is None and asks.each == "slices":
        raise ValueError(
            f"{place}.asks.problems is missing: fresh slices need a number of problems a round; name it, or "
            'set each = "same"'
        )
    numbers = Counter[str]()
    for family in problems.families:
        numbers[family.name] += family.train
    if not numbers:
        return
    if unknown := next((family for family in asks.families if family not in numbers), None):
        raise ValueError(
            f"{place}.asks.families: unknown family {unknown!r}{meant(unknown, numbers)}: use "
            f"{', '.join(sorted(numbers))}, or add it to [[problems.families]]"
        )
    available = sum(numbers[family] for family in set(asks.families or numbers))
    wanted = (asks.problems or 1) * (section.number if asks.each == "slices" else 1)
    if wanted > available:
        raise ValueError(
            f"{place}.asks.problems: {asks.problems or 1} a round and {section.number} rounds need {wanted} "
            f"training problems, and {_of(asks.families)} have {available}: lower it, ask fewer rounds, or "
            "raise train in [[problems.families]]"
        )


def _of(families: tuple[str, ...]) -> str:
    return ", ".join(families) or "all families"
