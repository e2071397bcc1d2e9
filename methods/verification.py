"""What a verifier says of a completion: accepted or not, the answer that it found, and why not."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Verification:
    """A verifier's verdict; ``reason`` says why the completion is not accepted, null where it is."""

    accepted: bool
    extracted: str | None = None
    reason: str | None = None


# of a completion and the gold answer
Verify = Callable[[str, str], Verification]
