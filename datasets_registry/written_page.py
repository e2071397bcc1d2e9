"""A page of docs that is made from code: written by a command, or compared with what the code says."""

import argparse
import sys
from pathlib import Path


def keep_page(path: Path, text: str, description: str | None) -> None:
    """Write ``text`` to ``path``; with ``--check`` on the command line, exit 1 where it is not that."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where the page is old")
    if parser.parse_args().check:
        sys.exit(not path.exists() or path.read_text(encoding="utf-8") != text)
    path.write_text(text, encoding="utf-8")
