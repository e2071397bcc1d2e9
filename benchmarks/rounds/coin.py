"""A rule that says nothing of a response: a coin that its text throws, as a plug-in of constitutions."""

from datasets_registry.hashing import derive_seed


def heads(prompt: str, response: str) -> bool:
    """Whether the coin of this prompt and response shows heads."""
    return derive_seed("coin", prompt, response) % 2 == 0


RULES = {"heads": heads}
