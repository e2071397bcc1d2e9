"""Why a row is not imported: a kind that can be counted, and what is the matter with this one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class Rejected(Exception):
    """A row that cannot be imported; ``kind`` is the same for all rows with this fault."""

    def __init__(self, kind: str, detail: str | None = None) -> None:
        super().__init__(detail or kind)
        self.kind = kind


@dataclass(frozen=True)
class Rejection:
    """A rejected row as it is reported."""

    file: str
    line: int
    kind: str
    reason: str
    row: Mapping[str, Any]
