"""Files that people write, read without surprises: text, TOML and JSON, and settings out of them."""

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from datasets_registry.errors import BadInput

M = TypeVar("M", bound=BaseModel)
SHOWN = 60
_QUOTED = re.compile("'([^']*)'")
# what a file calls the types of a model
_FORMS = {
    "model_type": "be a table",
    "dict_type": "be a table",
    "mapping_type": "be a table",
    "tuple_type": "be a list",
    "int_type": "be a whole number",
    "float_type": "be a number",
    "bool_type": "be true or false",
    "string_type": "be a text",
    "path_type": "be a path",
}


def is_file(path: Path) -> bool:
    """Whether ``path`` is a file; a name that is too long for one is none."""
    with suppress(OSError, ValueError):
        return path.is_file()
    return False


def is_folder(path: Path) -> bool:
    """Whether ``path`` is a folder; a name that is too long for one is none."""
    with suppress(OSError, ValueError):
        return path.is_dir()
    return False


def read_text(path: Path, title: str) -> str:
    """The text of ``path``, which sentences call ``title``; raises BadInput where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BadInput(f"{title} {path} cannot be read ({error.strerror}): give a file that can") from error
    except UnicodeDecodeError as error:
        raise BadInput(
            f"{title} {path} is not UTF-8 (byte {error.start} is {error.object[error.start]:#04x}): save it "
            "as UTF-8"
        ) from error


def read_toml(path: Path, title: str) -> dict[str, Any]:
    """What a TOML file says; raises BadInput where it is not one."""
    text = read_text(path, title)
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise BadInput(f"{title} {path} is nested too deeply: write it flatter") from error
    except ValueError as error:
        raise BadInput(f"{title} {path} is not valid TOML: {error}: correct it there") from error


def read_json(path: Path, title: str) -> object:
    """What a JSON file says; raises BadInput where it is not one, or says something twice."""
    text = read_text(path, title)
    try:
        return json.loads(text, object_pairs_hook=_named_once)
    except RecursionError as error:
        raise BadInput(f"{title} {path} is nested too deeply: write it flatter") from error
    except ValueError as error:
        raise BadInput(f"{title} {path} is not valid JSON: {error}: correct it there") from error


def _named_once(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    content: dict[str, object] = {}
    for key, value in pairs:
        if key in content:
            raise ValueError(f"{key!r} is named twice")
        content[key] = value
    return content


def validated(kind: type[M], content: object, title: str) -> M:
    """``content`` as a ``kind``; raises BadInput with the first fault, as ``fault`` says it."""
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        raise BadInput(f"{title}: {fault(kind, content, error)}") from error


@contextmanager
def faults() -> Iterator[None]:
    """Where a rule raises BadInput within, raise the ValueError that a model's validator may."""
    try:
        yield
    except BadInput as error:
        raise ValueError(str(error)) from error


def fault(kind: type[BaseModel], content: object, error: ValidationError, place: str = "") -> str:
    """The first fault of ``content`` as a sentence with its place, its value and what to do.

    Where ``content`` is itself a part, ``place`` says of what.
    """
    # a value that is there says more than one that is not
    first = min(error.errors(), key=lambda found: found["type"] == "missing")
    parts = _parts(content, first["loc"], is_missing=first["type"] == "missing")
    where, said = ".".join(filter(None, [place, *parts])), first["msg"]
    if first["type"] == "extra_forbidden":
        known = _fields(kind, first["loc"][:-1])
        return f"unknown key {where!r}: {_remedy(str(first['loc'][-1]), known)}"
    if first["type"] == "missing":
        return f"{where} is missing: add it"
    if first["type"] == "value_error":
        # a rule of our own, which names its values
        return ": ".join(filter(None, [where, said.removeprefix("Value error, ")]))
    _, should, rest = said.partition(" should ")
    remedy = f"it should {_FORMS.get(first['type'], rest)}" if should else said
    # a choice of words names them in quotes
    words = _QUOTED.findall(said) if first["type"] == "literal_error" else ()
    near = meant(str(first["input"]), words)
    return f"{where or 'the whole'} is {_shown(first['input'])}{near}: {remedy}"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def meant(name: str, known: Iterable[str]) -> str:
    """Half a sentence with the known name that resembles ``name`` most; empty where none does."""
    near = get_close_matches(name, tuple(known), n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""


def _remedy(key: str, known: Sequence[str]) -> str:
    near = get_close_matches(key, known, n=1, cutoff=0.6)
    return f"write {near[0]!r}, or remove it" if near else f"remove it, or use one of {', '.join(known)}"


def _parts(content: Any, location: Sequence[int | str], *, is_missing: bool) -> list[str]:
    """The parts of ``location`` that ``content`` has, without the names of a union's members."""
    parts = []
    for index, part in enumerate(location):
        if _has(content, part):
            content = content[part]
        elif not (is_missing and index == len(location) - 1):
            continue
        parts.append(str(part))
    return parts


def _has(content: Any, part: int | str) -> bool:
    if isinstance(content, Mapping):
        return part in content
    return isinstance(content, list | tuple) and isinstance(part, int) and part < len(content)


def _fields(kind: type[BaseModel], location: Sequence[int | str]) -> list[str]:
    """The names of the fields that there are at ``location``."""
    kinds = [kind]
    for part in location:
        inner = [
            model
            for outer in kinds
            if part in outer.model_fields
            for model in _models(outer.model_fields[str(part)].annotation)
        ]
        kinds = inner or kinds
    return sorted({name for model in kinds for name in model.model_fields})


def _models(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models(part)]
