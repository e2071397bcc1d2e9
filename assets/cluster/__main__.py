"""A cluster on this machine builds the profile `cluster`, and is gone afterwards: python -m assets.cluster"""

import sys
import tempfile
from pathlib import Path

from assets.cluster.kept import watched
from datasets_registry.boundary import CommandParser, run_command


def main() -> int:
    """Run the demo, which ends with this process however that ends; its exit code."""
    CommandParser(description=__doc__).parse_args()
    # short, since sockets lie below, whose paths may have 107 bytes
    with tempfile.TemporaryDirectory(prefix="trimtab-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        # PostgreSQL, which refuses root, has to reach a folder of its own below
        Path(folder).chmod(0o711)
        return watched([sys.executable, "-m", "assets.cluster.demo", folder])


if __name__ == "__main__":
    run_command(main)
