"""The faults of a field, by its type and bounds: what a person may write there that cannot be meant."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple, TypeVar, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MinLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from assets.profile.models import GivenModel, TrainedModel

HUGE = 10**30
Place = tuple[str | int, ...]


class Fault(NamedTuple):
    """A value at a place that is wrong, and in what way."""

    place: Place
    kind: str
    value: object

    @property
    def name(self) -> str:
        """Such as ``answers.temperature NaN``."""
        return f"{'.'.join(map(str, self.place))} {self.kind}"


def faults(kind: type[BaseModel], content: Mapping[str, Any], place: Place = ()) -> Iterator[Fault]:
    """All faults of the fields of ``kind``; of parts that ``content`` does not have, those of the whole."""
    yield Fault((*place, f"{next(iter(kind.model_fields))}x"), "unknown key", 1)
    for name, field in kind.model_fields.items():
        yield from _faults_of(field.annotation, field.metadata, (*place, name), content.get(name))
        if field.is_required():
            yield Fault((*place, name), "missing", None)


def _faults_of(annotation: Any, metadata: Sequence[object], place: Place, value: Any) -> Iterator[Fault]:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from _faults_of(arguments[0], [*metadata, *arguments[1:]], place, value)
    elif isinstance(annotation, TypeVar):
        return
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from _wrong(place, "number for a table", 3)
        yield from faults(annotation, value if isinstance(value, Mapping) else {}, place)
    elif origin is Literal:
        yield from _wrong(place, "unknown word", "nonsense")
        yield from _wrong(place, "number for a word", 3)
    elif origin in (tuple, list):
        yield from _faults_of_lists(arguments, metadata, place)
    elif isinstance(origin, type) and issubclass(origin, Mapping):
        yield from _faults_of_tables(arguments, place, value)
    elif origin is not None:
        inner = [argument for argument in arguments if argument is not type(None)]
        if len(inner) == 1:
            yield from _faults_of(inner[0], metadata, place, value)
        else:
            yield from _wrong(place, "of no type that it may have", [[3]])
    else:
        yield from _faults_of_scalars(annotation, metadata, place)


def _faults_of_scalars(annotation: Any, metadata: Sequence[object], place: Place) -> Iterator[Fault]:
    if annotation in (int, float):
        yield from _wrong(place, "text for a number", "many")
        yield from _wrong(place, "digits in a text", "3")
        yield from _wrong(place, "true for a number", True)
        yield from _wrong(place, "NaN", math.nan)
        yield from _wrong(place, "infinite", math.inf)
        yield from _wrong(place, "huge", HUGE if annotation is int else 1e308)
        yield from _wrong(place, "a half", 1.5) if annotation is int else ()
        yield from _beyond(metadata, place)
    elif annotation is bool:
        yield from _wrong(place, "text for yes or no", "yes")
        yield from _wrong(place, "number for yes or no", 1)
    elif annotation is str:
        yield from _wrong(place, "number for a text", 3)
        yield from _wrong(place, "list for a text", ["a"])
        yield from _wrong(place, "empty", "") if any(isinstance(rule, MinLen) for rule in metadata) else ()


def _beyond(metadata: Sequence[object], place: Place) -> Iterator[Fault]:
    for rule in (bound for part in metadata for bound in _bounds(part)):
        match rule:
            case Ge(ge=bound):
                yield from _wrong(place, "below its bound", bound - 1)  # type: ignore[operator]
            case Gt(gt=bound):
                yield from _wrong(place, "at its lower bound", bound)
            case Le(le=bound):
                yield from _wrong(place, "above its bound", bound + 1)  # type: ignore[operator]
            case Lt(lt=bound):
                yield from _wrong(place, "at its upper bound", bound)


def _bounds(rule: object) -> Sequence[object]:
    return rule.metadata if isinstance(rule, FieldInfo) else (rule,)


def _faults_of_lists(arguments: tuple[Any, ...], metadata: Sequence[object], place: Place) -> Iterator[Fault]:
    yield from _wrong(place, "number for a list", 3)
    yield from _wrong(place, "text for a list", "text")
    inner = arguments[0]
    if any(isinstance(rule, MinLen) for rule in metadata):
        yield from _wrong(place, "empty list", [])
    if inner in (str, int):
        yield from _wrong(place, "wrong member", [[]])
        yield from _wrong(place, "said twice", ["twice", "twice"] if inner is str else [3, 3])
    elif get_origin(inner) in (Literal, Annotated) or issubclass(inner, BaseModel):
        yield from _wrong(place, "wrong member", [3])


def _faults_of_tables(arguments: tuple[Any, ...], place: Place, value: Any) -> Iterator[Fault]:
    yield from _wrong(place, "number for a table", 3)
    kinds = [arguments[-1], *get_args(arguments[-1])]
    if get_origin(arguments[0]) is Literal:
        yield from _wrong(place, "unknown key in it", {"nonsense": 1})
    elif Any not in kinds:
        yield from _wrong(place, "wrong member", {"member": [3]})
    models = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]
    for key, inner in value.items() if isinstance(value, Mapping) and models else ():
        model = models[0] if len(models) == 1 else (TrainedModel if "trainer" in inner else GivenModel)
        yield from faults(model, inner, (*place, key))


def _wrong(place: Place, kind: str, value: object) -> Iterator[Fault]:
    yield Fault(place, kind, value)
