"""Small inputs with the right answer, a file for each kind: how many come out as stated."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.sides.figure import Figure, exactly
from datasets_registry.errors import BadInput
from methods.reading.equations import wrong_equations
from methods.reading.refusals import read_refusal
from methods.verifiers.contract import Kind, VerifierSettings
from methods.verifiers.verifier import verifier

Case = Mapping[str, Any]


def _accepted(kind: Kind, completion: str, gold: str) -> bool:
    try:
        return verifier(VerifierSettings(kind=kind))(completion, gold).accepted
    except BadInput:
        return False


def _choice(case: Case) -> bool:
    named = [letter for letter in "ABCDEFGH" if _accepted("choice", case["completion"], letter)]
    return named == ([case["letter"]] if case["letter"] else [])


RIGHT: dict[str, Callable[[Case], bool]] = {
    "maths": lambda case: _accepted("maths", case["completion"], case["gold"]) == case["accept"],
    "equations": lambda case: len(wrong_equations(case["text"])) == case["wrong"],
    "refusals": lambda case: read_refusal(case["text"]).refused == case["refusal"],
    "choice": _choice,
    "code": lambda case: _accepted("code", case["completion"], case["tests"]) == bool(case["accept"]),
    "format": lambda case: (
        _accepted("format", case["completion"], json.dumps(case["rule"])) == case["accept"]
    ),
}


def cases(folder: Path) -> Iterator[Figure]:
    """The cases of each kind whose file is in the folder."""
    for kind, is_right in RIGHT.items():
        file = folder / f"{kind}.jsonl"
        if file.is_file():
            lines = file.read_text(encoding="utf-8").splitlines()
            right = sum(is_right(json.loads(line)) for line in lines)
            yield exactly(f"cases of {kind} as stated", right, len(lines), "cases")
