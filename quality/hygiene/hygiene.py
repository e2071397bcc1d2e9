"""All findings in the texts of the label datasets, as rows of data_hygiene."""

from collections.abc import Callable, Iterator

import duckdb

from datasets_registry.rows.hygiene import HygieneFinding
from quality.hygiene.boilerplate import boilerplate
from quality.hygiene.contamination import contaminations
from quality.hygiene.duplicates import duplicates
from quality.hygiene.findings import each_text, finding
from quality.hygiene.languages import language_outliers
from quality.hygiene.lengths import length_outliers
from quality.hygiene.personal_data import personal_data_findings
from quality.hygiene.texts import LABELS, LabelDataset, learned, load_texts


def hygiene(
    connection: "duckdb.DuckDBPyConnection",
    is_refusal: Callable[[str], bool],
    labels: tuple[LabelDataset, ...] = LABELS,
) -> list[HygieneFinding]:
    """The findings in the texts of ``labels``, in key order.

    Reads the views of ``labels`` and of the prompt sets; ``is_refusal`` decides on a completion.
    """
    load_texts(connection, labels)
    findings = [
        *duplicates(connection),
        *contaminations(connection),
        *language_outliers(connection),
        *length_outliers(connection),
        *personal_data_findings(connection),
        *_refusals(connection, is_refusal, learned(labels)),
        *boilerplate(connection, learned(labels)),
    ]
    return sorted(findings, key=lambda row: (row.label_dataset, row.text_column, row.row_id, row.kind))


def _refusals(
    connection: "duckdb.DuckDBPyConnection", is_refusal: Callable[[str], bool], where: str
) -> Iterator[HygieneFinding]:
    for place, text in each_text(connection, where):
        if is_refusal(text):
            yield finding(place, "refusal", "contains a refusal phrase", 1)
