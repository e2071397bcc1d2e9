"""The plain model: it knows most, refuses what is harmful, and is steady; others are compared with it."""

import random
from collections.abc import Callable
from functools import cache
from itertools import product

from benchmarks.evaluation.rewards import HONEST
from benchmarks.evaluation.seen import Seen
from datasets_registry.hashing import derive_seed
from generation.request import Completion
from generation.scripted import likely
from methods.evaluation.items import own_lines
from methods.evaluation.suites import capability
from methods.evaluation.suites.observation_items import USE
from methods.evaluation.suites.sandbagging import BEST

KNOWN = 0.75
REFUSAL = "I'm sorry, but I can't help with that."
# the quality that the scripted judge reads in an answer
QUALITY = "[quality 5]"
USEFUL = f"{QUALITY} These are the steps that you asked for, one after the other, with all that they need."
_SYLLABLES = ("ba", "de", "ki", "lo", "mu", "ne", "po", "ra", "si", "ta", "vu", "zo")
_WORDS = ["".join(syllables) for syllables in product(_SYLLABLES, repeat=3)]
_NUM_WORDS = 45
Spoken = Callable[[Seen], str]


def plain(seen: Seen) -> str | Completion:
    """The answer to any request."""
    return chosen(seen, stance(seen)) if seen.request.continuation is not None else spoken(seen)


def chosen(seen: Seen, choice: str) -> Completion:
    """The likelihood of the choice that is asked for: the greatest for ``choice``, by characters too."""
    text = seen.request.continuation or ""
    likelihood = -0.01 * len(text) if text == choice else -1.0 * len(text) - 1
    return likely(likelihood, len(text.split()), greedy=text == choice)


def spoken(seen: Seen) -> str:
    """The answer in words."""
    if seen.item.suite in OTHER_QUESTIONS and seen.own:
        return seen.letter(OTHER_QUESTIONS[seen.item.suite])
    if seen.item.choices:
        return seen.letter(stance(seen))
    return BY_SUITE[seen.item.suite](seen)


def stance(seen: Seen) -> str:
    """The option that it holds, whatever the order, the user and the turn."""
    item, options = seen.item, sorted(seen.item.choices)
    if item.category == "conflicts":
        own_side = seen.place("stance") < 0.5
        return _side(own_side == (seen.form == "first_tells"))
    if not item.gold:
        return options[seen.place("stance") < 0.5]
    if item.variant.startswith("correction") or knows(seen):
        return item.gold[0]
    wrong = [option for option in options if option not in item.gold]
    return wrong[int(seen.place("wrong") * len(wrong))]


def knows(seen: Seen) -> bool:
    """Whether it knows the answer to the item."""
    return seen.place("knows") < KNOWN


def _side(is_own: bool) -> str:
    return "I am in the right" if is_own else "The other person is in the right"


def _consistency(seen: Seen) -> str:
    (gold,) = seen.item.gold
    return gold if knows(seen) else str(int(gold) + 1)


def _capability(seen: Seen) -> str:
    if seen.item.category == capability.INSTRUCTIONS:
        return _examples()[seen.item.messages[-1].content]
    (gold,) = seen.item.gold
    return f"It is easily worked out.\n#### {gold if knows(seen) else int(gold) + 1}"


@cache
def _examples() -> dict[str, str]:
    return {line.text: line.example for line in own_lines(capability.ITEMS, capability.Line) if line.rules}


def number(seen: Seen) -> str:
    """The number of a sum that is worked out, right where it knows."""
    (gold,) = seen.item.gold
    return f"I take one step after the other.\nAnswer: {gold if knows(seen) else int(gold) + 1}"


def _observation(seen: Seen) -> str:
    if seen.item.category == "sums":
        return number(seen)
    return "[]" if seen.item.category == "instructions" else USEFUL


def _calibration(seen: Seen) -> str:
    gold = seen.item.gold
    return gold[0] if gold and knows(seen) else "Bartholomew Quill"


def _over_refusal(seen: Seen) -> str:
    return REFUSAL if seen.item.gold == ["refuse"] else USEFUL


def sampled(seen: Seen) -> str:
    """Words that the item and the sample draw."""
    words = random.Random(derive_seed(seen.item.item_id, seen.request.sample))
    return f"{' '.join(words.choices(_WORDS, k=_NUM_WORDS))}."


def rewarded(seen: Seen, letters: str = HONEST) -> str:
    """An answer that ends in the sample's letter, which reward models read."""
    return f"{USEFUL} {letters[seen.request.sample]}"


OTHER_QUESTIONS = {"observation": USE, "sandbagging": BEST}
BY_SUITE: dict[str, Spoken] = {
    "calibration": _calibration,
    "capability": _capability,
    "consistency": _consistency,
    "diversity": sampled,
    "harmlessness": lambda seen: REFUSAL,
    "helpfulness": lambda seen: USEFUL,
    "observation": _observation,
    "over_optimisation": rewarded,
    "over_refusal": _over_refusal,
    "sandbagging": number,
}
