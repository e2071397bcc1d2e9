"""A version: named, numbered, immutable content; and the derivation that made it."""

import re
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from datasets_registry.errors import BadInput
from datasets_registry.hashing import digest

NAME = re.compile(r"[a-z][a-z0-9_]{0,62}(/[a-z][a-z0-9_]{0,62}){0,3}")
Status = Literal["candidate", "passed", "failed"]


class Version(BaseModel):
    """One version of a dataset or model as the catalog has it."""

    model_config = ConfigDict(frozen=True)

    name: str
    number: int
    kind: Literal["dataset", "model"]
    data_version: str
    status: Status
    num_rows: int | None
    content: dict[str, Any]
    created_at: str

    def __str__(self) -> str:
        return f"{self.name}@{self.number}"


class Derivation(BaseModel):
    """How a version is made: code, settings and the exact versions that go in.

    ``parts`` are the digests of the texts and modules behind ``code_version``, by name, so that a change can
    be named; empty where they were not recorded.
    """

    model_config = ConfigDict(frozen=True)

    code_version: str
    settings: Mapping[str, Any]
    inputs: tuple[Version, ...]
    run_id: str | None = None
    parts: Mapping[str, str] = {}

    @property
    def recipe(self) -> str:
        """Equal for equal code, settings and inputs; not for another run of the same."""
        inputs = sorted((one.name, one.data_version) for one in self.inputs)
        return digest([self.code_version, dict(self.settings), inputs])


class CheckResult(BaseModel):
    """What one check found of one version; ``value`` is compared with ``threshold``."""

    model_config = ConfigDict(frozen=True)

    check: str
    passed: bool
    severity: Literal["error", "warning"]
    value: float | None
    threshold: float | None
    description: str


def validated_name(name: str) -> str:
    """``name`` itself; raises BadInput unless it is lower-case words such as ``cai_sft``."""
    if not NAME.fullmatch(name):
        raise BadInput(f"name {name[:80]!r} is not usable: take lower-case letters, digits and underscores")
    return name
