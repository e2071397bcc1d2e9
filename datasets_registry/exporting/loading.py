"""A version as TRL's trainers take it, in memory."""

from typing import TYPE_CHECKING

import pyarrow as pa

from datasets_registry.errors import BadInput
from datasets_registry.exporting.taking import taking
from datasets_registry.inspecting.splits import batches, by_split, schema_of, splits_of
from datasets_registry.registry import Registry
from datasets_registry.rows.types import row_type
from datasets_registry.version import Version

if TYPE_CHECKING:
    from datasets import Dataset


def trl_dataset(
    registry: Registry, version: Version, split: str = "train", system_text: str | None = None
) -> "Dataset":
    """The rows of ``split`` that a trainer learns from: what ``trimtab export --to trl`` writes.

    ``system_text`` goes before the prompts; the command takes that of the sampled completions. Raises
    BadInput where no trainer learns from rows of its type, or none of ``split``.
    """
    from datasets import Dataset

    files = registry.files(version)
    taken, splits = taking("trl", row_type(version), schema_of(files), system_text), splits_of(files)
    parts = [
        taken.taken(part)
        for batch in batches(files)
        for name, part in by_split(batch, splits)
        if name == split
    ]
    if not taken.contents().rows:
        raise BadInput(f"{version} has no row to learn from in its split {split!r}: it has {splits}")
    return Dataset(pa.Table.from_batches(parts, taken.schema))
