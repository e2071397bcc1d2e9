"""A profile is read without the libraries that take long to import, so that a refusal is quick."""

import subprocess
import sys

HEAVY = ("dagster", "duckdb", "numpy", "pyarrow", "sqlalchemy", "torch", "transformers", "trl")


def test_a_profile_is_read_without_slow_libraries() -> None:
    program = (
        "import sys; from assets.profile.profile import load_profile; load_profile('laptop');"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
