"""Profiles, run configs and helps are read without libraries that take long to import: a refusal is quick."""

import subprocess
import sys

import pytest

from training.trainers import TRAINERS

HEAVY = ("dagster", "duckdb", "numpy", "polars", "pyarrow", "sqlalchemy", "torch", "transformers", "trl")
SOURCES = sorted(trainer.source for trainer in TRAINERS.values())


@pytest.mark.parametrize(
    "program",
    [
        "from assets.profile.profile import load_profile; load_profile('laptop')",
        f"from importlib import import_module; [import_module(source) for source in {SOURCES}]",
        # an interrupt while it imports is to be one line
        "import assets.dev",
        # all that the help of every command reads
        "from typer.main import get_command; from assets.cli.commands import app; get_command(app)",
    ],
    ids=["profile", "trainers", "dev", "help"],
)
def test_it_is_read_without_slow_libraries(program: str) -> None:
    seen = f"import sys; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", f"{program}; {seen}"], capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
