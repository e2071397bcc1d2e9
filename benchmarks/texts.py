"""What becomes of texts in chat templates, tokenizers and files: python benchmarks/texts.py [--json].

The table of docs/templates.md is written anew by python -m benchmarks.sides.texts.page.
"""

import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

# tiny models are quicker on one thread
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
# run as a file, this folder would hide the packages beside it
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.sides.figure import Figure, run
from benchmarks.sides.texts.imports import import_figures
from benchmarks.sides.texts.templates import zoo_figures
from benchmarks.sides.texts.zoo import ZOO

# the quick version has a template with every field, one without a system turn, and one that thinks
QUICK = ("plain", "system refused", "thought dropped", "tools as XML")


def measure(quick: bool) -> Sequence[Figure]:
    """Every template and tokenizer of the zoo, or a few of them, and every form of imported files."""
    zoo = [animal for animal in ZOO if animal.name in QUICK] if quick else ZOO
    with tempfile.TemporaryDirectory(prefix="trimtab-texts-") as folder:
        return [*zoo_figures(Path(folder), zoo), *import_figures(Path(folder))]


if __name__ == "__main__":
    run(measure, __doc__)
