"""The contract of a verifier: completion and gold answer in, a verdict with its reason out."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether a completion is accepted, what was read from it, and why it is not accepted."""

    accepted: bool
    extracted: str | None
    reason: str | None


Verify = Callable[[str, str], Verification]
"""(completion, gold answer) to verification."""
