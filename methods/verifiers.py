"""Verify completions against gold answers: python -m methods.verifiers maths rows.jsonl > verdicts.jsonl"""

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import get_args

from pydantic import BaseModel, ConfigDict, ValidationError
from rich.console import Console
from rich.progress import track

from datasets_registry.errors import BadInput
from methods.choice_answers import choice, exact
from methods.code_answers import code
from methods.format_rules import keeps_format
from methods.maths_answers import maths
from methods.sandbox import Limits
from methods.verification import Kind, Verification, VerifierSettings, Verify

__all__ = ["Verification", "VerifierSettings", "Verify", "main", "verifier"]

_MANY = 200


class VerifiedRow(BaseModel):
    """A line of the input; other keys are overlooked."""

    model_config = ConfigDict(frozen=True, strict=True)

    completion: str
    gold: str


def verifier(settings: VerifierSettings) -> Verify:
    """The program that decides, by its settings."""
    match settings.kind:
        case "maths":
            return maths(settings.relative_tolerance)
        case "choice":
            return choice(settings.letters)
        case "code":
            return code(Limits(settings.seconds, settings.memory_mb))
        case "format":
            return keeps_format
        case "exact":
            return exact


def read_rows(path: str) -> list[VerifiedRow]:
    """The rows of a file of JSON lines; raises BadInput that names the first bad line."""
    rows = []
    try:
        with open(path, encoding="utf-8") as lines:  # noqa: PTH123
            for number, line in enumerate(lines, 1):
                if line.strip():
                    rows.append(_row(path, number, line))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read: {error}") from error
    return rows


def _row(path: str, number: int, line: str) -> VerifiedRow:
    try:
        return VerifiedRow.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the line"
        raise BadInput(
            f'{path}:{number}: {place}: {first["msg"]}; a line is {{"completion": "...", "gold": "..."}}'
        ) from error


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify a file's rows and print one JSON line for each; 2 where the input is bad."""
    parsed = _parser().parse_args(arguments)
    try:
        rows = read_rows(parsed.file)
        verify = verifier(VerifierSettings(kind=parsed.kind))
        for row in _shown(rows):
            print(json.dumps(asdict(verify(row.completion, row.gold)), ensure_ascii=False))
    except BadInput as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _shown(rows: list[VerifiedRow]) -> Iterable[VerifiedRow]:
    """The rows, with a bar of progress on a terminal where there are many."""
    if len(rows) < _MANY or not sys.stderr.isatty():
        return rows
    return track(rows, "verified", console=Console(stderr=True))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m methods.verifiers",
        description="Reads {completion, gold} as JSON lines, writes {accepted, extracted, reason} in that order.",
    )
    parser.add_argument("kind", choices=get_args(Kind), help="which program decides")
    parser.add_argument("file", help="JSON lines with completion and gold")
    return parser


if __name__ == "__main__":
    sys.exit(main())
