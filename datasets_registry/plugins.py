"""Plug-ins: modules whose trainers, row types, checks, assets, rules, verifiers and backends join ours."""

import importlib
from collections.abc import Callable, Mapping
from types import ModuleType

from datasets_registry.errors import BadInput, first_line

# what a plug-in may have; each is read where ours is
ATTRIBUTES = ("TRAINERS", "ROW_TYPES", "CHECKS", "RULES", "VERIFIERS", "BACKENDS", "declare")


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


def plugged(kind: str, name: str) -> Callable[..., object]:
    """The function that ``name``, written ``MODULE:NAME``, stands for among a plug-in's rules, say.

    ``kind`` is what it is, such as ``rule``, whose table is ``RULES``. Raises BadInput where there is none.
    """
    table, (module, _, entry) = f"{kind.upper()}S", name.partition(":")
    if not module or not entry:
        raise BadInput(f"{kind} plugin {name!r} is not MODULE:{kind.upper()}: write it as 'my_plugin:mine'")
    functions = getattr(load_plugin(module), table, None)
    if not isinstance(functions, Mapping) or not callable(functions.get(entry)):
        names = (
            ", ".join(map(str, functions)) or "none" if isinstance(functions, Mapping) else "no such table"
        )
        raise BadInput(
            f"{kind} plugin {name!r}: {module}.{table} has no function {entry!r} (it has {names}): add it, "
            "or name another"
        )
    function: Callable[..., object] = functions[entry]
    return function


def modules_of(kind: str, name: str) -> tuple[str, ...]:
    """The modules whose code decides by ``name``: where it is listed, and where it is written."""
    listed, written = name.partition(":")[0], getattr(plugged(kind, name), "__module__", None)
    return (listed, written) if isinstance(written, str) else (listed,)
