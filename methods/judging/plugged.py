"""Rules of plug-ins: the functions of a module's ``RULES``, which a rule of the constitution names."""

from datasets_registry.errors import first_line
from datasets_registry.plugins import plugged

KIND = "rule"


def decide(name: str, prompt: str, response: str) -> tuple[bool | None, str | None]:
    """Whether the response keeps the rule ``name``, or None and why that is not said."""
    try:
        kept = plugged(KIND, name)(prompt, response)
    except Exception as error:
        return None, f"the rule {name}: {type(error).__name__}: {first_line(error)}"
    if isinstance(kept, bool):
        return kept, None
    return None, f"the rule {name} gives {str(kept)[:60]!r}, which is neither True nor False"
