"""Read what completions say, line by line: python -m methods.verifiers maths rows.jsonl > verdicts.jsonl"""

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import get_args

from pydantic import BaseModel, ConfigDict, JsonValue, TypeAdapter, ValidationError
from rich.console import Console
from rich.progress import track

from datasets_registry.boundary import CommandParser, run_command, say_error
from datasets_registry.errors import BadInput
from datasets_registry.plain_text import plain
from methods.reading.equations import wrong_equations
from methods.reading.refusals import read_refusal
from methods.reading.steps import split
from methods.reading.thought import THINK, Marks, without_thought
from methods.verifiers.contract import PLUGGED, Kind, VerifierSettings
from methods.verifiers.verifier import verifier

_MANY = 200
# what needs no settings
_ALONE = tuple(kind for kind in get_args(Kind) if kind != PLUGGED)
_MARKS = TypeAdapter[Marks](Marks)
READ = ("refusal", "equations", "steps")
Reading = dict[str, JsonValue]
Read = Callable[[str, str | None], Reading]


class VerifiedRow(BaseModel):
    """A line of the input; other keys are ignored. Only verifiers need the gold answer."""

    model_config = ConfigDict(frozen=True, strict=True)

    completion: str
    gold: str | None = None


def reader(kind: str, marks: Marks = THINK) -> Read:
    """What is read of a completion behind its thought: a verdict, its refusal, wrong equations, or steps."""
    if kind in READ:
        return lambda completion, _: _read(kind, without_thought(completion, marks).answer)
    verify = verifier(VerifierSettings.model_validate({"kind": kind}), marks)

    def verdict(completion: str, gold: str | None) -> Reading:
        if gold is None:
            raise BadInput("gold: the verifier needs a gold answer")
        return asdict(verify(completion, gold))

    return verdict


def _read(kind: str, text: str) -> Reading:
    if kind == "refusal":
        refusal = read_refusal(text)
        return {"refusal": refusal.kind, "refused": refusal.refused, "sure": refusal.sure}
    if kind == "equations":
        return {"wrong": [*wrong_equations(text)]}
    parts = split(text, "steps")
    return {"steps": [*parts.steps], "separator": parts.separator, "failure": parts.failure}


def read_line(read: Read, line: str) -> Reading:
    """What is read of one line; a line that cannot be read gives its ``error``, and nothing is guessed."""
    try:
        row = VerifiedRow.model_validate_json(line)
        return read(row.completion, row.gold)
    except ValidationError as error:
        first = error.errors()[0]
        column = ".".join(map(str, first["loc"])) or "the line"
        form = '{"completion": "...", "gold": "..."}'
        return {"error": f"{column}: {first['msg']}; a line is {form}"}
    except BadInput as error:
        return {"error": str(error)}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print one JSON line for each of the file's; returns 1 where a line is bad.

    Raises BadInput where the file or an argument cannot be used.
    """
    parsed = _parser().parse_args(arguments)
    try:
        read = reader(parsed.kind, _MARKS.validate_python(parsed.thought_marks or THINK))
    except ValidationError as error:
        said = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise BadInput(f"--thought-marks: {said}") from error
    try:
        lines = Path(parsed.file).read_text(encoding="utf-8").removesuffix("\n").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{parsed.file} cannot be read: {error}") from error
    num_bad = 0
    readings = _with_progress(_readings(parsed.kind, read, lines), len(lines))
    for number, reading in enumerate(readings, 1):
        if "error" in reading:
            num_bad += 1
            reading = {"row": number, **reading}
            say_error(f"{parsed.file}:{number}: {reading['error']}")
        print(plain(json.dumps(reading, ensure_ascii=False)))
    return 1 if num_bad else 0


def _readings(kind: str, read: Read, lines: Sequence[str]) -> Iterator[Reading]:
    """What is read of each line, in order; programs run in processes of their own, one for each core."""
    with ThreadPoolExecutor(os.cpu_count() if kind == "code" else 1) as pool:
        yield from pool.map(partial(read_line, read), lines)


def _with_progress(readings: Iterable[Reading], total: int) -> Iterable[Reading]:
    """The readings; with a progress bar where there are many and the output is a terminal."""
    if total < _MANY or not sys.stderr.isatty():
        return readings
    return track(readings, "reading", total=total, console=Console(stderr=True))


def _parser() -> CommandParser:
    parser = CommandParser(
        prog="python -m methods.verifiers",
        description=(
            "Read JSON lines, and print one JSON line for each, in order. Verifiers take completion and gold,"
            " and give accepted, extracted and reason; refusal gives refusal and refused; equations gives"
            " wrong; steps gives steps, which separator joins to the completion. A bad line gives error."
        ),
    )
    parser.add_argument("kind", choices=(*_ALONE, *READ), help="what is read of a completion")
    parser.add_argument("file", help="JSON lines with completion, and gold for verifiers")
    parser.add_argument(
        "--thought-marks",
        nargs=2,
        action="append",
        metavar=("OPEN", "CLOSE"),
        help="marks of thought, which is not read, in place of <think> and </think>; may be repeated",
    )
    return parser


if __name__ == "__main__":
    run_command(main)
