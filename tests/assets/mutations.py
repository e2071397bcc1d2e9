"""Every field of a profile, and the other values that it may take: by type, choices and bounds."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from itertools import chain
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

Place = tuple[str | int, ...]
Content = dict[str, Any]


@dataclass(frozen=True)
class Leaf:
    """A field without fields of its own: where it stands, what it may hold and what it holds."""

    place: Place
    annotation: Any
    value: object

    @property
    def name(self) -> str:
        """Its place, with a star for each number and each key that a person chose."""
        return dotted(self.place)


def dotted(path: Place) -> str:
    """A place such as ``models.base_policy.engine.batch_size``."""
    return ".".join(map(str, path))


def leaves(value: object, annotation: Any = None, path: Place = ()) -> Iterator[Leaf]:
    """The leaves of a model, its mappings and its sequences of models; and each mapping as a whole."""
    if isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            if not field.exclude:
                yield from leaves(getattr(value, name), field.annotation, (*path, name))
    elif isinstance(value, Mapping):
        yield Leaf(path, annotation, value)
        for key, item in value.items():
            yield from leaves(item, _arguments(annotation, Mapping)[-1], (*path, key))
    elif isinstance(value, tuple) and any(isinstance(item, BaseModel) for item in value):
        for place, item in enumerate(value):
            yield from leaves(item, type(item), (*path, place))
    else:
        yield Leaf(path, annotation, value)


def others(annotation: Any, value: object, texts: tuple[str, ...] = ()) -> Iterator[object]:
    """Other values of the type, plain ones first; not each is valid where bounds or other fields say so.

    A text becomes each of ``texts``, such as the names of models, and then a longer one.
    """
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from others(arguments[0], value, texts)
    elif origin in (Union, UnionType):
        for argument in arguments:
            if argument is not NoneType:
                yield from others(argument, value, texts)
        yield from [None] if NoneType in arguments and value is not None else []
    elif origin is Literal:
        yield from (choice for choice in arguments if choice != value)
    elif origin is tuple:
        yield from _other_tuples(arguments, value if isinstance(value, tuple) else (), texts)
    elif origin is list:
        own = tuple(value) if isinstance(value, list) else ()
        yield from (list(items) for items in _other_tuples((*arguments, ...), own, texts))
    elif origin is not None and issubclass(origin, Mapping):
        yield from _other_mappings(arguments, value if isinstance(value, Mapping) else {}, texts)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from _models(annotation, texts)
    else:
        yield from _other_scalars(annotation, value, texts)


def _other_scalars(annotation: Any, value: object, texts: tuple[str, ...]) -> Iterator[object]:
    if annotation is bool:
        yield not value
    elif annotation is int:
        number = value if isinstance(value, int) else 0
        yield from (number + 1, number * 2, number - 1, 2, 64)
    elif annotation is float:
        share = float(value) if isinstance(value, int | float) else 0.0
        yield from (share + 0.0625, share / 2, share + 1, 0.5)
    else:
        yield from (text for text in texts if text != value)
        yield f"{value or 'text'}_other"


def _other_tuples(
    arguments: tuple[Any, ...], value: tuple[Any, ...], texts: tuple[str, ...]
) -> Iterator[tuple[object, ...]]:
    if Ellipsis not in arguments:
        if {*arguments} == {float}:
            # bounds of a share around one half
            yield from ((0.25, 0.75), (0.4, 0.6))
        else:
            yield from zip(*(others(argument, None, texts) for argument in arguments), strict=False)
        return
    for item in others(arguments[0], value[-1] if value else None, texts):
        yield from ((*value, item), (*value[:-1], item))
    yield value[:-1]


def _other_mappings(
    arguments: tuple[Any, ...], value: Mapping[Any, Any], texts: tuple[str, ...]
) -> Iterator[object]:
    for key in others(arguments[0], None, ()):
        if key not in value:
            for item in others(arguments[1], None, texts):
                yield {**value, key: item}
    for key in value:
        yield {name: item for name, item in value.items() if name != key}


def _models(annotation: type[BaseModel], texts: tuple[str, ...]) -> Iterator[BaseModel]:
    """The section by itself, the fields that are required, or empty if left out, filled in several ways."""
    required = {
        name: field
        for name, field in annotation.model_fields.items()
        if field.is_required() or field.default == ""
    }
    if not required:
        yield from _smallest(annotation, texts)
        return
    columns = (others(field.annotation, None, texts) for field in required.values())
    for values in zip(*columns, strict=False):
        filled = dict(zip(required, values, strict=True))
        yield annotation.model_construct(set(filled), **filled)


def _smallest(annotation: type[BaseModel], texts: tuple[str, ...]) -> Iterator[BaseModel]:
    """The section by itself, or with one field, where it is not valid without any."""
    filled = (
        {field.alias or name: value}
        for name, field in annotation.model_fields.items()
        for value in others(field.annotation, None, texts)
    )
    for values in chain([dict[str, object]()], filled):
        with suppress(ValidationError):
            yield annotation.model_validate(values)
            return


def _arguments(annotation: Any, kind: type) -> tuple[Any, ...]:
    """The arguments of the part of an annotation that is a ``kind``."""
    for part in (annotation, *get_args(annotation)):
        origin = get_origin(part)
        if isinstance(origin, type) and issubclass(origin, kind):
            return get_args(part)
    return (Any,)


def changed(content: Content, changes: Mapping[Place, object]) -> Content:
    """The content of a profile with other values at these places; sections that it lacks are added."""
    content = deepcopy(content)
    for path, value in changes.items():
        section: Any = content
        for key in path[:-1]:
            section = section.setdefault(key, {}) if isinstance(section, dict) else section[key]
        section[path[-1]] = plain(value)
    return content


def plain(value: object) -> object:
    """A value as a profile's file holds it."""
    if isinstance(value, BaseModel):
        return value.model_dump(exclude_unset=True)
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    return value


def with_leaf(value: Any, path: Place, leaf: object) -> Any:
    """Frozen settings with another value at one place, whether or not they would be valid."""
    if not path:
        return leaf
    key, *rest = path
    if isinstance(value, BaseModel):
        return value.model_copy(update={str(key): with_leaf(getattr(value, str(key)), tuple(rest), leaf)})
    if isinstance(value, tuple):
        assert isinstance(key, int)
        return (*value[:key], with_leaf(value[key], tuple(rest), leaf), *value[key + 1 :])
    return {**value, key: with_leaf(value[key], tuple(rest), leaf)}
