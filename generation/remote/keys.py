"""Keys of servers: each stands in the environment variable that its engine's settings name."""

import os

from datasets_registry.errors import BadInput


def has_key(variable: str) -> bool:
    """Whether the environment variable holds a key."""
    return bool(os.environ.get(variable, "").strip())


def key_in(variable: str | None) -> str | None:
    """The key, None where no variable is named; raises BadInput where the variable holds none."""
    if variable is None:
        return None
    if not has_key(variable):
        raise BadInput(
            f"the environment variable {variable} (engine.api_key_env) is not set: put the key there"
        )
    key = os.environ[variable].strip()
    # what a header cannot hold; the message must not hold it either
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise BadInput(
            f"the environment variable {variable} (engine.api_key_env) holds no key, as that has neither "
            "white space nor letters outside ASCII: put the key there"
        )
    return key
