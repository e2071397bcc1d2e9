"""Plug-ins: modules whose trainers, row types, checks, assets and rules join ours."""

import importlib
from types import ModuleType

from datasets_registry.errors import BadInput, first_line

# what a plug-in may have; each is read where ours is
ATTRIBUTES = ("TRAINERS", "ROW_TYPES", "CHECKS", "RULES", "declare")


def load_plugin(name: str) -> ModuleType:
    """The module ``name``; raises BadInput where it cannot be imported, or adds nothing."""
    if not all(map(str.isidentifier, name.split("."))):
        raise BadInput(f"plugins: {name!r} names no module: write a name such as my_plugin")
    try:
        module = importlib.import_module(name)
    except Exception as error:
        # whatever its code raises when it is run
        raise BadInput(
            f"plugins: {name} cannot be imported ({first_line(error)}): install it, or put its folder on "
            "PYTHONPATH"
        ) from error
    if not any(hasattr(module, attribute) for attribute in ATTRIBUTES):
        raise BadInput(f"plugins: {name} has none of {', '.join(ATTRIBUTES)}: give it what it adds")
    return module
