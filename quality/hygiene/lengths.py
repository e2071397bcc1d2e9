"""Texts of unusual length: modified z-scores of log length (Iglewicz and Hoaglin 1993)."""

from collections.abc import Iterator

import duckdb

from datasets_registry.rows.hygiene import HygieneFinding
from datasets_registry.views.scanning import records
from quality.hygiene.findings import finding

LEAST_TEXTS = 10
MOST_Z = 3.5
# lengths that hardly differ have a deviation near 0, which would make any other length unusual
LEAST_DEVIATION = 0.1


_OUTLIERS = f"""
WITH lengths AS (
    SELECT label_dataset, text_column, row_id, length(text) AS characters,
           ln(greatest(length(text), 1)) AS size FROM texts
), typical AS (
    SELECT label_dataset, text_column, median(size) AS middle, median(characters) AS typical
    FROM lengths GROUP BY ALL HAVING count(*) >= {LEAST_TEXTS}
), spread AS (
    SELECT label_dataset, text_column, any_value(middle) AS middle, any_value(typical) AS typical,
           greatest(median(abs(size - middle)), {LEAST_DEVIATION}) AS deviation
    FROM lengths JOIN typical USING (label_dataset, text_column) GROUP BY ALL
)
SELECT label_dataset, text_column, row_id, characters, typical, 0.6745 * (size - middle) / deviation AS z
FROM lengths JOIN spread USING (label_dataset, text_column) WHERE abs(z) > {MOST_Z}
"""


def length_outliers(connection: "duckdb.DuckDBPyConnection") -> Iterator[HygieneFinding]:
    """Each text of the table ``texts`` whose log length is far from the median of its column.

    Columns of fewer than 10 texts are skipped.
    """
    for row in records(connection, _OUTLIERS):
        key = (row["label_dataset"], row["text_column"], row["row_id"])
        detail = f"{row['characters']} characters; the median is {row['typical']:g}"
        yield finding(key, "length_outlier", detail, row["z"])
