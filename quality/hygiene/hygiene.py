"""All findings in the texts of the label datasets, as rows of data_hygiene."""

from collections.abc import Iterator
from operator import attrgetter

import duckdb

from datasets_registry.rows.hygiene import HygieneFinding
from methods.method import Inputs, Method, Models, NoSettings
from methods.reading.refusals import read_refusal
from quality.hygiene.boilerplate import boilerplate
from quality.hygiene.contamination import contaminations
from quality.hygiene.duplicates import duplicates
from quality.hygiene.findings import each_text, finding
from quality.hygiene.grader_address import grader_addresses
from quality.hygiene.languages import language_outliers
from quality.hygiene.lengths import length_outliers
from quality.hygiene.personal_data import personal_data_findings
from quality.hygiene.texts import LABELS, LabelDataset, learned, load_texts


def make_findings(inputs: Inputs, models: Models, settings: NoSettings) -> list[HygieneFinding]:
    """The findings in all label datasets."""
    with inputs.views() as connection:
        return hygiene(connection)


def hygiene(
    connection: "duckdb.DuckDBPyConnection", labels: tuple[LabelDataset, ...] = LABELS
) -> list[HygieneFinding]:
    """The findings in the texts of ``labels``, in key order; reads their views and the prompt sets'."""
    load_texts(connection, labels)
    findings = [
        *duplicates(connection),
        *contaminations(connection),
        *language_outliers(connection),
        *length_outliers(connection),
        *personal_data_findings(connection),
        *grader_addresses(connection),
        *_refusals(connection, learned(labels)),
        *boilerplate(connection, learned(labels)),
    ]
    return sorted(findings, key=attrgetter(*HygieneFinding.key))


def _refusals(connection: "duckdb.DuckDBPyConnection", where: str) -> Iterator[HygieneFinding]:
    for key, text in each_text(connection, where):
        refusal = read_refusal(text)
        said = "" if refusal.sure else ", but phrases are unsure"
        if refusal.kind == "full":
            yield finding(key, "full_refusal", f"refuses{said}", 1)
        elif refusal.kind == "partial":
            yield finding(key, "partial_refusal", f"refuses a part{said}", 1)


DATA_HYGIENE = Method(run=make_findings, settings=NoSettings, rows=HygieneFinding)
