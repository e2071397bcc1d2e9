"""A bad input: the command that reads it, the files that it needs, and what a refusal of it has to name."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Case:
    """One bad input of an ``area``; ``names`` are words one of which the refusal has to say.

    ``files`` are written into the folder in which the command runs, and ``module`` is run with ``arguments``.
    """

    area: str
    name: str
    module: str
    arguments: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Such as ``profile: answers.temperature is NaN``."""
        return f"{self.area}: {self.name}"
