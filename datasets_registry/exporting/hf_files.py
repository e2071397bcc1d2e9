"""The layout of the Hub: Parquet for ``load_dataset`` and, beside it, Arrow for ``load_from_disk``."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from datasets_registry.exporting.files import ArrowWriter, Parts
from datasets_registry.hashing import digest

if TYPE_CHECKING:
    from datasets import DatasetInfo, Features


class ArrowParts(Parts):
    """Uncompressed Arrow streams, which ``load_from_disk`` maps into memory."""

    suffix = ".arrow"

    def __init__(self, folder: Path, split: str, schema: pa.Schema) -> None:
        super().__init__(folder / split, "data", _features(schema).arrow_schema)
        self._state = {"_split": split, "_fingerprint": digest([folder.name, split])[:16]}

    def opened(self, path: Path) -> ArrowWriter:
        writer: ArrowWriter = pa.ipc.new_stream(path, self._schema)
        return writer

    def close(self) -> None:
        super().close()
        files = [self.file_name(part, len(self._paths)) for part in range(len(self._paths))]
        state: dict[str, object] = {
            "_data_files": [{"filename": name} for name in files],
            "_format_columns": None,
            "_format_kwargs": {},
            "_format_type": None,
            "_output_all_columns": False,
            **self._state,
        }
        (self._folder / "state.json").write_text(json.dumps(state, indent=2))
        _information(self._schema).write_to_directory(self._folder, pretty_print=True)


class HubParts:
    """Both copies of a split."""

    def __init__(self, folder: Path, split: str, schema: pa.Schema) -> None:
        self._copies = (Parts(folder / "data", split, schema), ArrowParts(folder, split, schema))

    def write(self, batch: pa.RecordBatch) -> None:
        for copy in self._copies:
            copy.write(batch)

    def close(self) -> None:
        for copy in self._copies:
            copy.close()


def _features(schema: pa.Schema) -> "Features":
    # a second to import, so only where it is used
    from datasets import Features

    return Features.from_arrow_schema(schema)


def _information(schema: pa.Schema) -> "DatasetInfo":
    from datasets import DatasetInfo

    return DatasetInfo(features=_features(schema))


def write_splits(folder: Path, splits: Sequence[str]) -> None:
    """``dataset_dict.json``, by which ``load_from_disk`` finds the splits."""
    (folder / "dataset_dict.json").write_text(json.dumps({"splits": list(splits)}))
