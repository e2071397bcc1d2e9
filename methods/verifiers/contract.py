"""The contract of verifiers: a completion and a gold answer in, a verdict with its reason out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Self

from pydantic import Field, model_validator

from datasets_registry.documents import faults
from datasets_registry.plugins import modules_of, plugged
from datasets_registry.settings import Settings

Kind = Literal["maths", "exact", "choice", "code", "format", "plugin"]
# the kind that a plug-in's function verifies
PLUGGED = "plugin"
_FIELDS = {
    "maths": {"relative_tolerance"},
    "choice": {"letters"},
    "code": {"seconds", "memory_mb"},
    PLUGGED: {"plugin"},
}


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether a completion is accepted, the answer read from it, and why it is rejected."""

    accepted: bool
    extracted: str | None
    reason: str | None


Verify = Callable[[str, str], Verification]
"""(completion, gold answer) to verification."""


def rejected(reason: str, extracted: str | None = None) -> Verification:
    """A verification that says why the completion is rejected."""
    return Verification(False, extracted, reason)


class VerifierSettings(Settings):
    """The verifier and its bounds; a bound of another kind is refused."""

    kind: Kind
    relative_tolerance: float = Field(1e-6, ge=0, le=0.1, description="maths: unless gold is an integer")
    letters: str = Field("ABCDE", pattern=r"^[A-Z]{2,26}$", description="choice: letters that may be chosen")
    seconds: float = Field(5, gt=0, le=600, description="code: wall and CPU seconds of a check")
    memory_mb: int = Field(512, ge=64, le=65536, description="code: MiB of address space per process")
    # left out where it is not set, so that what was made without it is still the same
    plugin: str | None = Field(
        None,
        exclude_if=lambda value: value is None,
        description="plugin: a function of a plug-in's VERIFIERS, as MODULE:VERIFIER",
    )

    @model_validator(mode="after")
    def _refuse_fields_of_another_kind(self) -> Self:
        foreign = self.model_fields_set - {"kind"} - _FIELDS.get(self.kind, set())
        if foreign:
            raise ValueError(
                f"{min(foreign)} does not apply to a verifier of kind {self.kind!r}; leave it out"
            )
        if (self.kind == PLUGGED) != (self.plugin is not None):
            raise ValueError(
                "kind = 'plugin' and plugin = 'MODULE:VERIFIER' go together: give both, or neither"
            )
        with faults():
            if self.plugin is not None:
                plugged("verifier", self.plugin)
        return self

    @property
    def modules(self) -> tuple[str, ...]:
        """The modules of plug-ins that verify."""
        return modules_of("verifier", self.plugin) if self.plugin is not None else ()
