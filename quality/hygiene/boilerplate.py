"""Boilerplate: word 5-grams of learned texts that are not in their prompts and that too many rows share.

Over-trained policies append stock phrases (Bai et al. 2022, section on Goodharting); the threshold is ours.
"""

from collections.abc import Iterator

import duckdb

from datasets_registry.rows.hygiene import HygieneFinding
from datasets_registry.views.scanning import records
from quality.hygiene.findings import finding
from quality.hygiene.words import gram, grams, hashes

WORDS = 5
LEAST_ROWS, MOST_SHARE = 5, 0.05


def boilerplate(connection: "duckdb.DuckDBPyConnection", learned: str) -> Iterator[HygieneFinding]:
    """Each text of the table ``texts`` with a 5-gram that more than 5 % of its column's rows have.

    The SQL condition ``learned`` selects the texts. Grams of the row's own prompt do not count, nor do those
    of fewer than 5 rows. A finding names the text's most frequent one.
    """
    for row in records(connection, _sharing(learned)):
        key = (row["label_dataset"], row["text_column"], row["row_id"])
        yield finding(key, "boilerplate", f"in {row['num_rows']} rows: {row['phrase']}", row["share"])


def _sharing(learned: str) -> str:
    column, own = "label_dataset, text_column", grams("hashed", WORDS, whole=False)
    return f"""
    WITH hashed AS (SELECT *, {hashes("words")} AS hashed FROM texts WHERE is_prompt OR {learned}),
    learned AS (SELECT {column}, row_id, words, hashed FROM hashed WHERE {learned}),
    grams AS (SELECT {column}, row_id, unnest(list_distinct({own})) AS gram
              FROM learned),
    sizes AS (SELECT {column}, count(*) AS num_texts FROM learned GROUP BY ALL),
    -- counted with the prompts' grams first, which leaves few for the join with the prompts
    frequent AS (SELECT {column}, gram FROM grams JOIN sizes USING ({column})
                 GROUP BY {column}, gram, num_texts HAVING {_too_many("num_texts")}),
    prompts AS (SELECT label_dataset, row_id, unnest({own}) AS gram
              FROM hashed WHERE is_prompt),
    own AS (SELECT grams.* FROM grams SEMI JOIN frequent USING ({column}, gram)
            ANTI JOIN prompts USING (label_dataset, row_id, gram)),
    phrases AS (SELECT {column}, gram, num_texts, count(*) AS num_rows, min(row_id) AS row_id
                FROM own JOIN sizes USING ({column})
                GROUP BY {column}, gram, num_texts HAVING {_too_many("num_texts")}),
    named AS (SELECT {column}, gram, num_rows, num_rows / num_texts AS share,
                    {gram("words", f"list_position({own}, gram)", WORDS)} AS phrase
             FROM phrases JOIN learned USING ({column}, row_id))
    SELECT {column}, row_id, arg_min(phrase, (-num_rows, phrase)) AS phrase, max(share) AS share,
           max(num_rows) AS num_rows
    FROM own JOIN named USING ({column}, gram) GROUP BY ALL
    """


def _too_many(total: str) -> str:
    return f"count(*) >= {LEAST_ROWS} AND count(*) > {MOST_SHARE} * {total}"
