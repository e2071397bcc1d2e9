"""Data that a person might bring, made by a seed: preference pairs, and problems as GSM8K writes them."""

import json
import random
from collections.abc import Iterable
from pathlib import Path

WORDS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron", "inlet", "jetty")


def write_pairs(path: Path, number: int, seed: int) -> None:
    """``number`` pairs, of which the chosen answer names the place that was asked for."""
    draw = random.Random(seed)
    pairs = []
    for place in range(number):
        near, far = draw.sample(WORDS, 2)
        pairs.append(
            {
                "prompt": f"Walk {place}: the path passes {near} and then {far}. Where does it begin?",
                "chosen": f"Walk {place} begins at {near}, before it comes to {far}.",
                "rejected": f"Nobody can say where walk {place} begins; perhaps {far}.",
            }
        )
    _write(path, pairs)


def write_problems(path: Path, number: int, seed: int) -> None:
    """``number`` sums in a sentence, each with its steps and the answer behind ####."""
    draw = random.Random(seed)
    problems = []
    for place in range(number):
        first, second = draw.randint(2, 60), draw.randint(2, 60)
        total = first + second
        problems.append(
            {
                "question": f"Crate {place} holds {first} pears and {second} plums. How much fruit?",
                "answer": f"It holds {first} + {second} = <<{first}+{second}={total}>>{total}.\n#### {total}",
            }
        )
    _write(path, problems)


def _write(path: Path, rows: Iterable[object]) -> None:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
