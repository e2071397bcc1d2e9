"""A coverage plugin: the tracer rests while a module that is not ours is loaded.

Python 3.11 calls it at every line of torch, transformers and Dagster, which no report shows, and each process
of a test loads them anew: a trainer begins in 9 s of work, not in 14.
"""

import sys
import sysconfig
from importlib.machinery import SourceFileLoader
from types import ModuleType
from typing import Any

_FOREIGN = tuple(sysconfig.get_path(scheme) for scheme in ("stdlib", "platstdlib", "purelib", "platlib"))
_load = SourceFileLoader.exec_module


def coverage_init(registry: Any, options: Any) -> None:
    """Called by coverage in every process that it measures."""
    SourceFileLoader.exec_module = _load_untraced  # type: ignore[assignment,method-assign]


def _load_untraced(loader: SourceFileLoader, module: ModuleType) -> None:
    """Load ``module``; off and on again in one frame, for the tracer counts calls and returns."""
    tracer = sys.gettrace()
    if tracer is None or not loader.path.startswith(_FOREIGN):
        return _load(loader, module)
    sys.settrace(None)
    try:
        return _load(loader, module)
    finally:
        sys.settrace(tracer)
