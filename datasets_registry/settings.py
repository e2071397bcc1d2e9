"""The ways in which settings are declared: frozen, closed to names that are not theirs, and exact."""

from collections.abc import Hashable
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema

# what JSON, and so a stored recipe, holds exactly in every language
MOST = 2**53 - 1
H = TypeVar("H", bound=Hashable)

# numpy's and torch's generators both take it
Seed = Annotated[int, Field(ge=0, lt=2**32)]


def _each_once(values: tuple[H, ...]) -> tuple[H, ...]:
    twice = next((value for value in values if values.count(value) > 1), None)
    if twice is not None:
        raise ValueError(f"{twice!r} is named twice: name each once")
    return values


Distinct = AfterValidator(_each_once)


class Frozen(BaseModel):
    """What one part hands to another; it cannot change, and has no field by another name."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


def _take_exactly(schema: object) -> None:
    """Let numbers and booleans of ``schema`` be given as what they are alone."""
    if isinstance(schema, dict):
        if schema.get("type") in ("int", "float", "bool"):
            schema["strict"] = True
        if schema.get("type") == "int" and not {"le", "lt"} & schema.keys():
            schema["le"] = MOST
        for part in schema.values():
            _take_exactly(part)
    elif isinstance(schema, list | tuple):
        for part in schema:
            _take_exactly(part)


class Settings(Frozen):
    """What a person decides before anything runs; its dump is part of what is made with it.

    A number is a number: neither a text nor `true` is taken for one, and none is infinite or NaN.
    """

    model_config = ConfigDict(allow_inf_nan=False)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = handler(source)
        _take_exactly(schema)
        return schema
