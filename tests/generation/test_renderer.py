"""A stored prompt's renderer is another one once any code that makes tokens of messages is."""

import ast
from collections.abc import Iterator

import pytest

from datasets_registry.state import REPOSITORY
from generation.renderer import CODE

ENTRIES = ("generation/prompts.py", "generation/chat.py")
# what they import and no token depends on: types, refusals, and the hash itself
BESIDE = {
    "generation/renderer.py",
    "generation/request.py",
    "generation/templates/opening.py",
    "generation/tokenizer.py",
}


def imported(path: str) -> Iterator[str]:
    """The files of ``generation`` that one of its modules imports."""
    for node in ast.walk(ast.parse((REPOSITORY / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("generation."):
            yield f"{str(node.module).replace('.', '/')}.py"


@pytest.mark.parametrize("path", sorted({*CODE, *ENTRIES}))
def test_what_code_of_the_renderer_imports_is_code_of_the_renderer(path: str) -> None:
    assert {path, *imported(path)} <= {*CODE, *BESIDE}


def test_the_modules_of_prompts_are_found_and_there() -> None:
    assert {"generation/spelling.py", "generation/templates/thoughts.py"} <= {
        file for entry in ENTRIES for file in imported(entry)
    }
    assert all((REPOSITORY / path).is_file() for path in (*CODE, *BESIDE))
