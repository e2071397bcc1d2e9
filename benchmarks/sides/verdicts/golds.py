"""Verdicts on GSM8K and SVAMP: a text with the gold answer is accepted, and with another number rejected."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks.sides.figure import Figure
from methods.verifiers.maths.verdict import maths

Labelled = tuple[str, str]


def gsm8k(file: Path, most: int | None = None) -> Iterator[Figure]:
    """Worked solutions, whose answer stands behind ``####``."""
    lines = file.read_text(encoding="utf-8").splitlines()[:most]
    solutions = [str(json.loads(line)["answer"]) for line in lines]
    yield from _figures(
        "GSM8K", [(text, text.rpartition("####")[2].strip()) for text in solutions], _other_number
    )


def svamp(file: Path, most: int | None = None) -> Iterator[Figure]:
    """Equations, with the answer that they give."""
    rows = json.loads(file.read_text(encoding="utf-8"))[:most]
    texts = [
        (f"{row['Equation']} = {row['Answer']}\nAnswer: {row['Answer']}", str(row["Answer"])) for row in rows
    ]
    yield from _figures("SVAMP", texts, _other_number)


def _other_number(text: str, gold: str) -> str:
    """The text with a number one larger behind its last marker."""
    before, _, _ = text.rpartition(gold)
    return f"{before}{float(gold.replace(',', '')) + 1:.10g}"


def _figures(name: str, texts: Sequence[Labelled], other: Callable[[str, str], str]) -> Iterator[Figure]:
    verify = maths()
    accepted = sum(verify(text, gold).accepted for text, gold in texts)
    rejected = sum(not verify(other(text, gold), gold).accepted for text, gold in texts)
    for claim, count in (("gold answers accepted", accepted), ("other numbers rejected", rejected)):
        yield Figure(
            name=f"{name}: {claim}, of {len(texts)}",
            value=count / len(texts),
            unit="share",
            goal="== 1",
            holds=count == len(texts),
        )
