"""The formats that a version is exported in, and where the files of each lie."""

from collections.abc import Mapping
from typing import Literal

Form = Literal["jsonl", "csv", "parquet", "hf"]

FILES: Mapping[Form, str] = {
    "jsonl": "{split}.jsonl",
    "csv": "{split}.csv",
    "parquet": "{split}-*.parquet",
    "hf": "data/{split}-*.parquet",
}
