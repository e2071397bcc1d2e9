"""Why a row is not imported: a kind of reason that can be counted, and the reason in full."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datasets_registry.importing.records import Columns

# the share of rejected rows above which an import is red
MOST_REJECTED = 0.05


class Rejected(Exception):
    """A row that cannot be imported; ``kind`` is the same for all rows with this fault."""

    def __init__(self, kind: str, detail: str | None = None) -> None:
        super().__init__(detail or kind)
        self.kind = kind


@dataclass(frozen=True)
class Rejection:
    """A rejected row with its place and reason."""

    file: str
    line: int
    kind: str
    reason: str
    row: "Columns"
