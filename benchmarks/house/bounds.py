"""What the source weighs, and the bounds that it keeps: sizes of files and folders, types and names."""

import ast
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from benchmarks.sides.figure import Figure, at_most
from datasets_registry.state import REPOSITORY
from training.trainers import TRAINERS

SOURCE = ("assets", "methods", "generation", "datasets_registry", "training", "quality", "studio", "trimtab")
WITH_TESTS = (*SOURCE, "tests", "benchmarks")
MOST_MODULES, MOST_LINES = 16, 300
MOST_ANY, MOST_ANY_IN_TRAINING = 8, 15
MOST_OF_A_NAME = 3


@dataclass(frozen=True)
class Module:
    """One Python file."""

    path: Path
    text: str

    @property
    def folder(self) -> str:
        """Its folder in the repository."""
        return self.path.parent.as_posix()

    @cached_property
    def num_lines(self) -> int:
        """How many lines it has."""
        return self.text.count("\n")

    @cached_property
    def nodes(self) -> Sequence[ast.AST]:
        """All nodes of its syntax tree."""
        return list(ast.walk(ast.parse(self.text)))

    def count(self, pattern: str) -> int:
        """How often ``pattern`` is found in its text."""
        return len(re.findall(pattern, self.text))

    def variables(self) -> Iterator[str]:
        """The names that are bound in it, by assignment or as a parameter, except ``self``."""
        for node in self.nodes:
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id
            elif isinstance(node, ast.arg) and node.arg != "self":
                yield node.arg


def read_modules(folders: Sequence[str]) -> list[Module]:
    """The Python files below ``folders``, sorted by path."""
    paths = sorted(path for folder in folders for path in (REPOSITORY / folder).rglob("*.py"))
    return [Module(path.relative_to(REPOSITORY), path.read_text(encoding="utf-8")) for path in paths]


def modules_by_folder(modules: Sequence[Module]) -> Counter[str]:
    """How many modules each folder has, besides the one that makes it a package."""
    return Counter(module.folder for module in modules if module.path.name != "__init__.py")


def per_thousand_lines(modules: Sequence[Module], pattern: str) -> float:
    """How often ``pattern`` is found in 1,000 lines."""
    lines = sum(module.num_lines for module in modules)
    return 1_000 * sum(module.count(pattern) for module in modules) / max(lines, 1)


def commonest_variable(modules: Sequence[Module]) -> tuple[str, float]:
    """The name that is bound most often, and its share of all bindings in percent."""
    counts = Counter(name for module in modules for name in module.variables())
    (variable, count), *_ = counts.most_common(1)
    return variable, 100 * count / counts.total()


def profile_models() -> set[str]:
    """The names of the profiles' models, except those that a trainer has too."""
    profiles = (REPOSITORY / "profiles").glob("*.toml")
    sections = [tomllib.loads(profile.read_text(encoding="utf-8")).get("models", {}) for profile in profiles]
    return {model for section in sections for model in section} - TRAINERS.keys()


def quoted_models(modules: Sequence[Module]) -> list[str]:
    """Texts in the code that are a model's name, with their places."""
    names = profile_models()
    return [
        f"{module.path}:{node.lineno}"
        for module in modules
        for node in module.nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in names
    ]


def measure(quick: bool) -> list[Figure]:
    """Each folder's modules, then sizes, types and names of the source; ``quick`` is the same."""
    modules, everything = read_modules(SOURCE), read_modules(WITH_TESTS)
    training = [module for module in modules if module.path.parts[0] == "training"]
    longest = max(everything, key=lambda module: module.num_lines)
    functions = sum(isinstance(node, ast.FunctionDef) for module in modules for node in module.nodes)
    variable, share = commonest_variable(modules)
    return [
        *(
            at_most(f"{folder}/", number, "modules", MOST_MODULES)
            for folder, number in sorted(modules_by_folder(everything).items())
        ),
        at_most(f"the longest file, {longest.path}", longest.num_lines, "lines", MOST_LINES),
        Figure(name="files", value=len(modules), unit="files"),
        Figure(name="lines", value=sum(module.num_lines for module in modules), unit="lines"),
        Figure(name="functions", value=functions, unit="functions"),
        at_most("Any", per_thousand_lines(modules, r"\bAny\b"), "per 1,000 lines", MOST_ANY),
        at_most(
            "Any in training/",
            per_thousand_lines(training, r"\bAny\b"),
            "per 1,000 lines",
            MOST_ANY_IN_TRAINING,
        ),
        at_most(f"the commonest variable name, {variable}", share, "% of all", MOST_OF_A_NAME),
        at_most("fmt: skip", sum(module.count("fmt: skip") for module in modules), "comments", 0),
        at_most("models' names as texts", len(quoted_models(modules)), "texts", 0),
    ]
