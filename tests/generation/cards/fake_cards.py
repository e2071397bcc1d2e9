"""A machine with cards that are not there: an `nvidia-smi` that names them, first on the PATH."""

import os
import uuid
from pathlib import Path

import pytest


def put_in(folder: Path, patch: pytest.MonkeyPatch, number: int) -> list[str]:
    """Let this process and its children see ``number`` cards; their unique ids, which no other test has."""
    model = "NVIDIA H100 80GB HBM3"
    uuids = [f"GPU-{uuid.uuid4()}" for _ in range(number)]
    lines = [f"{place}, {uuid_}, {model}, 81559" for place, uuid_ in enumerate(uuids)]
    program = folder / "nvidia-smi"
    program.write_text("#!/bin/sh\n" + "".join(f"echo '{line}'\n" for line in lines))
    program.chmod(0o755)
    patch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    patch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return uuids
