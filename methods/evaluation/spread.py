"""A part of what there is, spread evenly over its categories."""

from collections.abc import Mapping

from datasets_registry.hashing import digest, ranked


def evenly(categories: Mapping[str, str], number: int, seed: int) -> list[str]:
    """At most ``number`` of the names, evenly of their categories.

    The choice is seeded; adding names changes little of it, and a smaller number chooses a part of it.
    """
    places: dict[str, int] = {}
    order = []
    for name in ranked(list(categories), seed):
        category = categories[name]
        places[category] = places.get(category, 0) + 1
        order.append((places[category], digest([seed, category]), name))
    return [name for *_, name in sorted(order)[:number]]
