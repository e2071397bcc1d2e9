"""A plug-in of rules, some of which decide nothing, and of a verifier."""

from methods.verifiers.choice import exact


def short(prompt: str, response: str) -> bool:
    """Whether the response is shorter than the prompt."""
    return len(response) < len(prompt)


def broken(prompt: str, response: str) -> bool:
    """Whether the response asks back, and an error where it does not."""
    return response.index("?") > 0


def unclear(prompt: str, response: str) -> str:
    """Never whether."""
    return "maybe"


RULES = {"short": short, "broken": broken, "unclear": unclear}
VERIFIERS = {"same": exact}
