"""A state that is read and never written: its versions, rows, lineage and completions, for notebooks."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pyarrow as pa
from pydantic import BaseModel

from assets.profile.chosen import join_chosen_plugins, named_experiment
from datasets_registry.catalog.line import Line, line_of, require_experiment
from datasets_registry.errors import BadInput
from datasets_registry.inspecting.lineage import DownstreamNode, UpstreamNode, downstream, upstream
from datasets_registry.inspecting.listing import (
    ModelEntry,
    VersionEntry,
    list_datasets,
    list_models,
    list_versions,
)
from datasets_registry.inspecting.row_search import joined_key
from datasets_registry.registry import Registry
from datasets_registry.rows.row import named_completions
from datasets_registry.rows.types import row_type
from datasets_registry.state import State
from datasets_registry.version import MAIN_LINE, CheckResult, Version
from datasets_registry.views.asking import ask_arrow
from datasets_registry.views.views import are_shown
from quality.auditing.explanation import Call, Explained, explain_row, stored_calls
from studio.opened import Opened

if TYPE_CHECKING:
    import pandas as pd

_CALL = [name for name in Call.__annotations__ if name not in ("column", "key")]


def open(folder: str | Path | None = None, experiment: str | None = None) -> "Reader":
    """What the state in ``folder`` holds; without one, in ``TRIMTAB_HOME``, or ``.trimtab`` of the clone.

    Names are those of ``experiment``; without one of ``TRIMTAB_EXPERIMENT``, else of the profile that
    ``TRIMTAB_PROFILE`` names, of whose plug-ins rows may be; ``"main"`` is the main line. Raises BadInput
    where there is no such state or experiment or a plug-in cannot be used, and BrokenCatalog where its
    catalog cannot be read.
    """
    state = State(None if folder is None else Path(folder))
    if not (state.catalog.exists() or state.catalog_id.exists() or os.environ.get("TRIMTAB_CATALOG")):
        raise BadInput(
            f"{state.root} holds no state: name the folder of one, or make one by `make demo` or `trimtab "
            "import`"
        )
    join_chosen_plugins()
    chosen = named_experiment() if experiment is None else experiment
    return Reader(state, "" if chosen == MAIN_LINE else chosen)


class Reader:
    """All that a state holds by now; nothing here builds or changes a version.

    A ``reference`` is ``"cai_sft@3"``, or by a tag ``"cai_sft@paper"``, for an exact version, or
    ``"cai_sft"`` for the latest that passed its checks. Each method that takes one raises UnknownVersion,
    with the name that was likely meant, where there is none, and UnpassedVersion where none has passed.
    """

    def __init__(self, state: State, experiment: str = "") -> None:
        self.state, self._experiment = state, experiment
        self._opened = Opened(lambda: Registry(state, reads_only=True))
        # what cannot be read is said at once
        registry = self._opened.now()
        if experiment:
            require_experiment(registry.engine, experiment)

    def __repr__(self) -> str:
        of = f", experiment={self._experiment!r}" if self._experiment else ""
        return f"trimtab.open({str(self.state.root)!r}{of})"

    # -- versions ------------------------------------------------------------------------------

    def datasets(self) -> pl.DataFrame:
        """The newest version of each dataset: its number, rows, status and checks."""
        return _frame(VersionEntry, list_datasets(self._registry))

    def models(self) -> pl.DataFrame:
        """The newest version of each model: its base, data, loss, and the newer data that it is behind."""
        return _frame(ModelEntry, list_models(self._registry))

    def versions(self, name: str) -> pl.DataFrame:
        """Every version of a dataset or model, oldest first."""
        return _frame(VersionEntry, list_versions(self._registry, name))

    def checks(self, reference: str) -> pl.DataFrame:
        """The newest result of each check of a version, with its figure and bound."""
        return _frame(CheckResult, self._registry.checks(self._version(reference)))

    def lineage(self, reference: str) -> UpstreamNode:
        """What a version was made from, back to the sources: a tree whose ``dump()`` is plain values."""
        return upstream(self._registry, self._version(reference))

    def built_from(self, reference: str) -> DownstreamNode:
        """What was built from a version, and from that: a tree whose ``dump()`` is plain values."""
        return downstream(self._registry, self._version(reference))

    def folder(self, reference: str) -> Path:
        """The directory of a model version, as ``from_pretrained`` takes it; BadInput for a dataset."""
        version = self._version(reference)
        if version.kind != "model":
            raise BadInput(
                f"{version} is a dataset, which has no folder: take its rows by arrow, polars or sql"
            )
        return self._registry.folder(version)

    # -- rows ----------------------------------------------------------------------------------

    def arrow(self, reference: str) -> pa.Table:
        """The rows of a dataset version in key order; raises BadInput for a model."""
        return self._registry.table(self._dataset(reference))

    def polars(self, reference: str) -> pl.DataFrame:
        """The same rows as a Polars frame."""
        return _of_arrow(self.arrow(reference))

    def pandas(self, reference: str) -> "pd.DataFrame":
        """The same rows as a pandas frame; raises BadInput where pandas is not installed."""
        try:
            import pandas  # noqa: F401
        except ModuleNotFoundError as error:
            raise BadInput(
                "pandas is not installed: `pip install pandas`, or take the rows by polars"
            ) from error
        return self.arrow(reference).to_pandas()

    def sql(self, query: str) -> pl.DataFrame:
        """The answer to DuckDB SQL over a view for each dataset and each version (``"cai_sft@3"``).

        Raises BadInput where it would write or open another file, and DuckDB's error where it is wrong.
        """
        if not are_shown(self.state):
            # a folder that was moved or copied has views of files elsewhere
            Registry(self.state).refresh_views()
        return _of_arrow(ask_arrow(self.state, query, self._line))

    def explain(self, reference: str, row_id: str) -> Explained:
        """What a row was made from, down to the model calls, as ``trimtab explain --json`` has it.

        ``row_id`` is the row's key (its parts joined by ``/``) or its first characters. Raises BadInput where
        no row, or several, have it.
        """
        return explain_row(self._registry, self._dataset(reference), row_id)

    def completions(self, reference: str) -> pl.DataFrame:
        """The stored completions that a version's rows name: one line for each row and column with a key.

        ``row`` is what ``explain`` takes, ``column`` the one that holds ``key``, and ``request`` is JSON.
        ``missing`` says why the ledger does not have it.
        """
        version = self._dataset(reference)
        kind = row_type(version)
        named = [
            {"row": joined_key({name: row[name] for name in kind.key}), "column": column, "key": key}
            for table in self._registry.batches(version)
            for row in table.to_pylist()
            for column, key in named_completions(kind, row)
        ]
        calls = stored_calls(self._registry, list(dict.fromkeys(call["key"] for call in named)))
        return pl.DataFrame(
            [call | _flat(calls[call["key"]]) for call in named],
            schema=["row", "column", "key", *_CALL],
            infer_schema_length=None,
        )

    @property
    def _line(self) -> Line:
        return line_of(self._opened.now().engine, self._experiment)

    @property
    def _registry(self) -> Registry:
        return self._opened.now().of(self._line)

    def _version(self, reference: str) -> Version:
        return self._registry.resolve(reference)

    def _dataset(self, reference: str) -> Version:
        version = self._version(reference)
        if version.kind != "dataset":
            raise BadInput(f"{version} is a model, which has no rows: its folder is folder({reference!r})")
        return version


def _frame(record: type[BaseModel], entries: Sequence[BaseModel]) -> pl.DataFrame:
    """A frame of records, whose columns are there without any too."""
    rows = [entry.model_dump() for entry in entries]
    return pl.DataFrame(rows, schema=[*record.model_fields], infer_schema_length=None)


def _flat(call: Call) -> dict[str, object]:
    """A stored call whose request, which has no form that all share, is JSON."""
    return {**call, "request": json.dumps(call["request"])} if "request" in call else {**call}


def _of_arrow(table: pa.Table) -> pl.DataFrame:
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    return frame
