"""Rules of plug-ins: the functions of a module's ``RULES``, which a rule of the constitution names."""

from collections.abc import Callable, Mapping

from datasets_registry.errors import BadInput, first_line
from datasets_registry.plugins import load_plugin

Keeps = Callable[[str, str], bool]
"""Whether a response to a prompt keeps a rule."""


def plugged_rule(name: str) -> Keeps:
    """The function that ``name`` stands for, written ``MODULE:RULE``; raises BadInput where there is none."""
    module, _, rule = name.partition(":")
    if not module or not rule:
        raise BadInput(f"rule plugin {name!r} is not MODULE:RULE: write it as 'tone:polite'")
    rules = getattr(load_plugin(module), "RULES", None)
    if not isinstance(rules, Mapping) or not callable(rules.get(rule)):
        names = ", ".join(map(str, rules)) or "none" if isinstance(rules, Mapping) else "no table of rules"
        raise BadInput(
            f"rule plugin {name!r}: {module}.RULES has no function {rule!r} (it has {names}): add it, or "
            "name another"
        )
    keeps: Keeps = rules[rule]
    return keeps


def modules_of(name: str) -> tuple[str, str]:
    """The modules whose code decides by ``name``: where it is listed, and where it is written."""
    return name.partition(":")[0], plugged_rule(name).__module__


def decide(name: str, prompt: str, response: str) -> tuple[bool | None, str | None]:
    """Whether the response keeps the rule ``name``, or None and why that is not said."""
    try:
        kept = plugged_rule(name)(prompt, response)
    except Exception as error:
        return None, f"the rule {name}: {type(error).__name__}: {first_line(error)}"
    if isinstance(kept, bool):
        return kept, None
    return None, f"the rule {name} gives {str(kept)[:60]!r}, which is neither True nor False"
