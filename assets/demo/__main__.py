"""Build everything that is not up to date, then show the results: python -m assets.demo."""

import sys

from datasets_registry.boundary import CommandParser, run_command


def main() -> int:
    """Run the demo; returns the exit code."""
    CommandParser(description=__doc__).parse_args()
    # Dagster takes seconds to import, in which an interrupt is one line too
    from rich.console import Console

    from assets.demo.demo import demo

    return demo(Console(width=None if sys.stdout.isatty() else 120))


if __name__ == "__main__":
    run_command(main)
