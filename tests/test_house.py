"""The house keeps its bounds: sizes of files and folders, types, names of variables and of models."""

import re
from pathlib import Path

from benchmarks.house.bounds import Module, commonest_variable, measure, modules_by_folder, per_thousand_lines
from datasets_registry.state import REPOSITORY


def test_the_bounds_of_the_house_are_kept() -> None:
    missed = [
        f"{figure.name} is {figure.value:g} {figure.unit}, must be {figure.goal}"
        for figure in measure(quick=True)
        if figure.goal and not figure.holds
    ]
    assert missed == []


def module(name: str, *lines: str) -> Module:
    """A module of these lines in ``folder/``."""
    return Module(Path("folder") / name, "".join(f"{line}\n" for line in lines))


def test_variables_are_counted_by_name_without_self() -> None:
    method = module("a.py", "class A:", "    def f(self, row: int) -> None:", "        row = column = 1")
    variable, share = commonest_variable([method])
    assert (variable, round(share)) == ("row", 67)


def test_a_word_is_counted_whole_and_by_the_thousand_lines() -> None:
    typed = module("a.py", "x: Any = 1", "y: Anything = 2", "", "")
    assert per_thousand_lines([typed], r"\bAny\b") == 250


def test_the_file_that_makes_a_package_is_no_module_of_its_folder() -> None:
    assert modules_by_folder([module("__init__.py"), module("a.py")]) == {"folder": 1}


def test_duckdbs_types_are_quoted_in_annotations() -> None:
    # an evaluated one keeps them alive, and duckdb says so at the end of every command
    folders = ("assets", "quality", "methods", "generation", "datasets_registry", "training")
    lines = [
        (path.name, line.strip())
        for folder in folders
        for path in (REPOSITORY / folder).rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    evaluated = re.compile(r'^[^"#]*(?::|->|\[) *duckdb\.DuckDBPy\w+(?! =)\b')
    assert [found for found in lines if evaluated.match(found[1])] == []
