"""HumanEval through import and sandbox: its canonical solutions, and programs that return nothing."""

from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.sides.figure import Figure, exactly
from datasets_registry.importing.filling import Given
from datasets_registry.importing.importing import import_rows
from datasets_registry.importing.source import open_source
from datasets_registry.rows.imported import Problem
from methods.verifiers.contract import VerifierSettings
from methods.verifiers.verifier import verifier

# a program that returns nothing, as the rest of its prompt and whole
_NOTHING: dict[str, Callable[[Problem], str]] = {
    "bodies that return None": lambda problem: "    return None\n",
    "whole programs that return nothing": lambda problem: f"{problem.prompt}    pass\n",
}


def humaneval(file: Path, number: int | None = None) -> Iterator[Figure]:
    """The verdicts on the first ``number`` problems of a file in HumanEval's form; None takes all."""
    problems = _problems(file)[:number]
    solutions = {"canonical solutions": lambda problem: problem.solution or ""}
    whole = {"canonical solutions behind their prompt": lambda problem: problem.prompt + problem.solution}
    for name, program in (solutions | whole).items():
        yield _figure(f"HumanEval: {name}, accepted", program, problems, accepted=True)
    for name, program in _NOTHING.items():
        yield _figure(f"HumanEval: {name}, rejected", program, problems, accepted=False)


def _problems(file: Path) -> list[Problem]:
    imported = import_rows(open_source(str(file)), [Problem], {}, Given(split="evaluation"))
    problems = [row for row in imported.rows if isinstance(row, Problem)]
    if imported.rejections or not problems:
        raise SystemExit(f"{file} does not import as programs: {imported.counts()}")
    return problems


def _figure(name: str, program: Callable[[Problem], str], problems: list[Problem], accepted: bool) -> Figure:
    verify = verifier(VerifierSettings(kind="code"))
    verdicts = [verify(program(problem), problem.answer) for problem in problems]
    right = sum(verdict.accepted is accepted for verdict in verdicts)
    return exactly(name, right, len(problems), "programs")
