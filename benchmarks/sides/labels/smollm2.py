"""SmolLM2 behind an empty ledger."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from datasets_registry.state import State
from generation.backends import open_backend
from generation.completer import Completer
from generation.engine import EngineSettings
from generation.ledger.ledger import Ledger
from generation.models.sources import resolve_model

MODEL = "smollm2-135m-instruct"


@contextmanager
def smollm2() -> Iterator[Completer]:
    """The model, of which nothing is stored yet."""
    folder = resolve_model(MODEL, State().prepare().models)
    backend = open_backend("transformers", folder, EngineSettings(batch_size=16))
    with tempfile.TemporaryDirectory() as ledger:
        try:
            yield Completer(backend, Ledger(Path(ledger)), asset="labels", report=_aside)
        finally:
            backend.close()


def _aside(line: str) -> None:
    print(line, file=sys.stderr)
