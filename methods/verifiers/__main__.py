"""Verify completions against gold answers: python -m methods.verifiers maths rows.jsonl > verdicts.jsonl"""

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import get_args

from pydantic import BaseModel, ConfigDict, ValidationError
from rich.console import Console
from rich.progress import track

from datasets_registry.errors import BadInput
from methods.verifiers.contract import Kind, Verification, VerifierSettings, Verify
from methods.verifiers.verifier import verifier

_MANY = 200


class VerifiedRow(BaseModel):
    """A line of the input; other keys are ignored."""

    model_config = ConfigDict(frozen=True, strict=True)

    completion: str
    gold: str


def read_rows(path: str) -> list[tuple[int, VerifiedRow]]:
    """The numbered rows of a JSON lines file; raises BadInput that names the first bad line."""
    rows = []
    try:
        with Path(path).open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    rows.append((number, _row(path, number, line)))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read: {error}") from error
    return rows


def _row(path: str, number: int, line: str) -> VerifiedRow:
    try:
        return VerifiedRow.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        column = ".".join(map(str, first["loc"])) or "the line"
        raise BadInput(
            f'{path}:{number}: {column}: {first["msg"]}; a line is {{"completion": "...", "gold": "..."}}'
        ) from error


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify a file's rows and print one JSON line for each; returns 2 where the input is bad."""
    parsed = _parser().parse_args(arguments)
    try:
        rows = read_rows(parsed.file)
        verify = verifier(VerifierSettings(kind=parsed.kind))
        for number, row in _with_progress(rows):
            print(json.dumps(asdict(_verified(verify, row, f"{parsed.file}:{number}"))))
    except BadInput as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _verified(verify: Verify, row: VerifiedRow, line: str) -> Verification:
    try:
        return verify(row.completion, row.gold)
    except BadInput as error:
        raise BadInput(f"{line}: {error}") from error


def _with_progress(rows: list[tuple[int, VerifiedRow]]) -> Iterable[tuple[int, VerifiedRow]]:
    """The rows; with a progress bar where there are many and the output is a terminal."""
    if len(rows) < _MANY or not sys.stderr.isatty():
        return rows
    return track(rows, "verifying", console=Console(stderr=True))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m methods.verifiers",
        description="Read {completion, gold} as JSON lines; print {accepted, extracted, reason}, in order.",
    )
    parser.add_argument("kind", choices=get_args(Kind), help="kind of gold answer")
    parser.add_argument("file", help="JSON lines with completion and gold")
    return parser


if __name__ == "__main__":
    sys.exit(main())
