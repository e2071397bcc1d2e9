"""The formats that a version is exported in, where the files of each lie, and what they hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Form = Literal["jsonl", "csv", "parquet", "hf", "trl", "messages"]

FILES: Mapping[Form, str] = {
    "jsonl": "{split}.jsonl",
    "csv": "{split}.csv",
    "parquet": "{split}-*.parquet",
    "hf": "data/{split}-*.parquet",
    "trl": "{split}-*.parquet",
    "messages": "{split}.jsonl",
}


@dataclass(frozen=True)
class Contents:
    """What the files of an export hold, and what of the version is not in them.

    ``columns`` says what each means where they are not the version's own. ``rows_left_out`` counts rows by
    reason, and ``notes`` are sentences on what the form has no place for.
    """

    form: Form
    rows: int
    columns: Mapping[str, str] = field(default_factory=dict)
    rows_left_out: Mapping[str, int] = field(default_factory=dict)
    notes: Sequence[str] = ()

    @property
    def is_whole(self) -> bool:
        """Whether they are the version itself, every row and column."""
        return not self.columns
