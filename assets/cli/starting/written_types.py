"""Types and defaults of settings in the words of a file: whole number, list of texts, 0.5."""

import json
from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MinLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo

_PLAIN: Mapping[object, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    Any: "anything",
}
_BOUNDS = ((Ge, "ge", "≥"), (Gt, "gt", ">"), (Le, "le", "≤"), (Lt, "lt", "<"))


def type_of(field: FieldInfo) -> str:
    """What a field takes, such as ``whole number, ≥ 1``."""
    return _with_bounds(_words(field.annotation), field.metadata)


def default_of(field: FieldInfo) -> str:
    """What holds where a field is not set, as TOML; ``needed`` where it must be."""
    if field.is_required():
        return "needed"
    value = field.get_default(call_default_factory=True)
    if value is None:
        return "none"
    if isinstance(value, BaseModel):
        return "its keys' own"
    return f"`{json.dumps(value, ensure_ascii=False, default=_plain)}`"


def models_in(annotation: object) -> list[type[BaseModel]]:
    """The types of settings that an annotation holds, each once."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    inner = (kind for part in get_args(_unwrapped(annotation)) for kind in models_in(part))
    return list(dict.fromkeys(inner))


def _plain(value: object) -> object:
    """A value of a default as JSON holds it."""
    return (
        value.model_dump(mode="json")
        if isinstance(value, BaseModel)
        else dict(value)
        if isinstance(value, Mapping)
        else str(value)
    )


def _unwrapped(annotation: object) -> object:
    """The type behind an alias of the `type` statement, or of pydantic's."""
    return getattr(annotation, "__value__", annotation)


def _words(annotation: object) -> str:
    annotation = _unwrapped(annotation)
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _with_bounds(_words(parts[0]), parts[1:])
    if origin is Literal:
        return " or ".join(json.dumps(part, ensure_ascii=False) for part in parts)
    if origin in (Union, UnionType):
        words = dict.fromkeys(_words(part) for part in parts if part is not NoneType)
        return " or ".join(words)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "table"
    if origin is tuple and parts:
        return f"list of {_words(parts[0])}"
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return f"{_words(parts[1])} by name"
    return _PLAIN.get(annotation) or str(getattr(annotation, "__name__", str(annotation))).lower()


def _with_bounds(words: str, metadata: Any) -> str:
    marks = _flat(metadata)
    bounds = [
        f"{sign} {getattr(mark, name)}"
        for kind, name, sign in _BOUNDS
        for mark in marks
        if isinstance(mark, kind)
    ]
    least = [f"at least {mark.min_length}" for mark in marks if isinstance(mark, MinLen) and mark.min_length]
    return ", ".join([words, *bounds, *least])


def _flat(metadata: Any) -> list[object]:
    """The marks of an annotation, also those that a ``Field`` of it holds."""
    return [
        inner for mark in metadata for inner in (mark.metadata if isinstance(mark, FieldInfo) else [mark])
    ]
