"""The code behind a recipe: a function's module and all that it imports of ours, whatever its name."""

import ast
import importlib.util
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from datasets_registry.hashing import digest, file_digest
from datasets_registry.state import REPOSITORY

FOLDERS = ("assets", "training", "quality", "methods", "generation", "datasets_registry")
GENERATED = "completions are stored under keys that hold all that can change them"
STORED = "a version's identity is its content, however it is stored and found"
# modules that cannot change content, each with the reason; a name stands for all below it too
NEUTRAL: Mapping[str, str] = {
    "generation.transformers_local.backend": GENERATED,
    "generation.vllm_offline": GENERATED,
    "generation.anthropic_api": GENERATED,
    "generation.openai_server": GENERATED,
    "generation.ray_cluster": GENERATED,
    "generation.remote": GENERATED,
    "generation.scripted": GENERATED,
    "generation.backends": GENERATED,
    "generation.batches": GENERATED,
    "generation.capabilities": "what a server can do is looked at before it is asked",
    "generation.cards": "who is on which card, and when, changes no completion",
    "generation.engine": "memory, batches and addresses are no part of any key",
    "generation.ledger": GENERATED,
    "generation.completer": GENERATED,
    "generation.progress": "progress lines change no content",
    "generation.streaming": "what is asked when, and beside what, changes no completion and no row",
    "generation.spending": "prices and budgets stop a run, and change no row of one that ends",
    "generation.models.shapes": "sizes of a model, which its fingerprint holds",
    "training.online.recording": "what a run keeps of its samples changes no weight",
    "training.settings.launch": "processes share each step, and train as one does",
    "training.estimates": "how many rows are taken at once, and not which make a step",
    "datasets_registry.agreement": "who waits for whom changes no content",
    "datasets_registry.store": STORED,
    "datasets_registry.catalog": STORED,
    "datasets_registry.registry": STORED,
    "datasets_registry.bases": STORED,
    "datasets_registry.state": STORED,
    "datasets_registry.boundary": "an error makes no version",
    "datasets_registry.documents": "what a file says is hashed by its values",
    "datasets_registry.errors": "an error makes no version",
    "datasets_registry.plain_text": "how a text is shown changes none",
    "datasets_registry.settings": "settings are hashed by their values",
    "methods.method": "a contract, without content",
    "assets.cli": "the command line only reads",
    "assets.estimates": "what is said before a build",
    "assets.ui": "the UI only shows",
}


_FILE_NAME = re.compile(r"[\w-]+(\.[\w-]+)+")


class Import(NamedTuple):
    """One imported symbol: where from, what it is called there, and what it is called here."""

    module: str
    symbol: str
    alias: str


class Source(NamedTuple):
    """One module: a digest of its own code and data files, and what it imports of ours."""

    digest: str
    imports: frozenset[Import]


class _Parsed(NamedTuple):
    """One module without its words, what it imports of ours, and texts in it that may name data files."""

    code: str
    imports: frozenset[Import]
    files: tuple[str, ...]


class Code(NamedTuple):
    """All modules behind a function: one digest, and each module's own by name."""

    digest: str
    modules: Mapping[str, str]


def code_of(roots: Iterable[str]) -> Code:
    """The code of the modules ``roots`` and of all that they lead to.

    The digest knows modules by what they hold, so that moving or renaming a file changes nothing. A root of a
    plug-in is followed through the plug-in's own package too.
    """
    waiting, sources = set(roots), dict[str, Source]()
    packages = frozenset(FOLDERS) | {name.partition(".")[0] for name in waiting}
    while waiting:
        name = waiting.pop()
        source = source_of(name, packages)
        if source is not None:
            sources[name] = source
            waiting |= {imported.module for imported in source.imports} - sources.keys()
    edges = sorted(
        [source.digest, imported.symbol, imported.alias, sources[imported.module].digest]
        for source in sources.values()
        for imported in source.imports
        if imported.module in sources
    )
    modules = {name: source.digest for name, source in sorted(sources.items())}
    return Code(digest([sorted(modules.values()), edges]), modules)


def is_neutral(name: str) -> bool:
    """Whether module ``name`` cannot change content."""
    return any(name == neutral or name.startswith(f"{neutral}.") for neutral in NEUTRAL)


def source_of(name: str, packages: frozenset[str] = frozenset(FOLDERS)) -> Source | None:
    """The source of module ``name``; None where it is neutral, or no module with code of its own."""
    path = _path(name)
    if path is None or is_neutral(name):
        return None
    status = path.stat()
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    parsed = _parsed(path, status.st_mtime_ns, status.st_size, package, packages)
    named = (path.with_name(file) for file in parsed.files)
    files = [[file.name, file_digest(file)] for file in named if file.is_file()]
    return Source(digest([parsed.code, files]), parsed.imports)


def _path(name: str) -> Path | None:
    if name.partition(".")[0] in FOLDERS:
        path = REPOSITORY.joinpath(*name.split(".")).with_suffix(".py")
        return path if path.is_file() else None
    try:
        spec = importlib.util.find_spec(name)
    except ModuleNotFoundError:
        return None
    return Path(spec.origin) if spec and spec.origin and spec.origin.endswith(".py") else None


@cache
def _parsed(path: Path, changed: int, size: int, package: str, packages: frozenset[str]) -> _Parsed:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imports = frozenset(_imports(tree, package, packages))
    files = tuple(sorted(_file_names(tree)))
    return _Parsed(ast.unparse(_WithoutWords(packages).visit(tree)), imports, files)


def _imports(tree: ast.Module, package: str, packages: frozenset[str]) -> Iterator[Import]:
    """What import statements name of ours; a module that is imported whole has no symbol."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                if name.name.partition(".")[0] in packages:
                    yield Import(name.name, "", name.asname or "")
        elif isinstance(node, ast.ImportFrom):
            module = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
            for name in node.names if module.partition(".")[0] in packages else ():
                whole, alias = f"{module}.{name.name}", name.asname or name.name
                yield Import(whole, "", alias) if _path(whole) else Import(module, name.name, alias)


def _file_names(tree: ast.Module) -> set[str]:
    """Texts that may name a file beside the module, such as a table of units."""
    constants = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    texts = (text.lstrip("/") for text in constants if isinstance(text, str))
    return {text for text in texts if _FILE_NAME.fullmatch(text)}


class _WithoutWords(ast.NodeTransformer):
    """Code without docstrings, descriptions of fields, and imports of ours, which are followed instead.

    A docstring is any text that stands by itself, below a field too.
    """

    def __init__(self, packages: frozenset[str]) -> None:
        self._packages = packages

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if text else self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> ast.AST | None:
        node.names = [name for name in node.names if not self._follows(name.name)]
        return node if node.names else None

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | None:
        return None if node.level or (node.module and self._follows(node.module)) else node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if isinstance(node.func, ast.Name) and node.func.id == "Field":
            node.keywords = [keyword for keyword in node.keywords if keyword.arg != "description"]
        return self.generic_visit(node)

    def _follows(self, name: str) -> bool:
        return name.partition(".")[0] in self._packages
