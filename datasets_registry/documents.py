"""Files that people write, read without surprises: text, TOML and JSON, and settings out of them."""

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from datasets_registry.errors import BadInput

M = TypeVar("M", bound=BaseModel)
R = TypeVar("R")
Location = tuple[int | str, ...]
SHOWN = 60
# names whose resemblance differs by less are equally near
ABOUT = 0.1
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


def validated_at(place: Location, kind: type[M], content: object) -> M:
    """``content``, which stands at ``place`` of a file, as a ``kind``; raises Faulty with all its faults."""
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        raise Faulty(all_faults(kind, content, error, place)) from error


@contextmanager
def faults() -> Iterator[None]:
    """Where a rule raises BadInput within, raise the ValueError that a model's validator may."""
    try:
        yield
    except BadInput as error:
        raise ValueError(str(error)) from error


@dataclass(frozen=True)
class Fault:
    """What is wrong at one place of a file, in a sentence, and the key that one unknown resembles."""

    sentence: str
    location: Location = ()
    is_unknown_key: bool = False
    is_missing: bool = False
    known: str | None = None


class Faulty(ValueError):
    """Several faults at once, as a validator may raise them."""

    def __init__(self, several: Iterable[Fault]) -> None:
        self.several = tuple(several)
        super().__init__("; ".join(each.sentence for each in self.several))


def require_all(rules: Iterable[Callable[[], R]]) -> list[R]:
    """What each of ``rules`` gives; raises Faulty with what all of them refuse by a ValueError."""
    given: list[R] = []
    several: list[Fault] = []
    for rule in rules:
        try:
            given.append(rule())
        except ValueError as error:
            several += error.several if isinstance(error, Faulty) else [Fault(str(error))]
    if several:
        raise Faulty(several)
    return given


def fault(kind: type[BaseModel], content: object, error: ValidationError) -> str:
    """The first fault of ``content`` as a sentence with its place, its value and what to do."""
    # a value that is there says more than one that is not
    return min(all_faults(kind, content, error), key=lambda each: each.is_missing).sentence


def all_faults(
    kind: type[BaseModel], content: object, error: ValidationError, place: Location = ()
) -> list[Fault]:
    """All faults of ``content``, which stands at ``place``; of one value, the first alone."""
    several: list[Fault] = []
    for details in error.errors():
        raised = details.get("ctx", {}).get("error")
        several += raised.several if isinstance(raised, Faulty) else [_fault(kind, content, details, place)]
    # a union reports a value that fits none of its members once for each of them
    inner = {each.location[:end] for each in several for end in range(1, len(each.location))}
    own = [each for each in several if not each.location or each.location not in inner]
    return list({each.location or each.sentence: each for each in reversed(own)}.values())[::-1]


def _fault(kind: type[BaseModel], content: object, details: ErrorDetails, place: Location) -> Fault:
    is_missing = details["type"] == "missing"
    location = (*place, *_parts(content, details["loc"], is_missing=is_missing))
    where, said = ".".join(map(str, location)), details["msg"]
    if details["type"] == "extra_forbidden":
        return unknown_key(location, _fields(kind, details["loc"][:-1]))
    if is_missing:
        return Fault(f"{where} is missing: add it", location, is_missing=True)
    if details["type"] == "value_error":
        # a rule of our own, which names its values
        return Fault(": ".join(filter(None, [where, said.removeprefix("Value error, ")])), location)
    _, should, rest = said.partition(" should ")
    remedy = f"it should {_FORMS.get(details['type'], rest)}" if should else said
    # a choice of words names them in quotes
    words = _QUOTED.findall(said) if details["type"] == "literal_error" else ()
    near_word = meant(str(details["input"]), words)
    return Fault(f"{where or 'the whole'} is {_shown(details['input'])}{near_word}: {remedy}", location)


def unknown_key(location: Location, known: Iterable[str]) -> Fault:
    """The fault of a key that is none of ``known``."""
    near = nearest(str(location[-1]), known)
    remedy = (
        f"write {near!r}, or remove it" if near else f"remove it, or use one of {', '.join(sorted(known))}"
    )
    where = ".".join(map(str, location))
    return Fault(f"unknown key {where!r}: {remedy}", location, is_unknown_key=True, known=near)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def meant(name: str, known: Iterable[str], most: int = 1) -> str:
    """Half a sentence with the known names that resemble ``name`` about equally; empty where none does."""
    near = get_close_matches(name, tuple(known), n=most)
    if near:
        best = SequenceMatcher(a=near[0], b=name).ratio()
        near = get_close_matches(name, near, n=most, cutoff=best - ABOUT)
    return f" (did you mean {' or '.join(map(repr, near))}?)" if near else ""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that resembles ``name`` most; None where none does."""
    return next(iter(get_close_matches(name, tuple(known), n=1)), None)


def _parts(content: Any, location: Sequence[int | str], *, is_missing: bool) -> Location:
    """The parts of ``location`` that ``content`` has, without the names of a union's members."""
    parts: list[int | str] = []
    for index, part in enumerate(location):
        if _has(content, part):
            content = content[part]
        elif not (is_missing and index == len(location) - 1):
            continue
        parts.append(part)
    return tuple(parts)


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
