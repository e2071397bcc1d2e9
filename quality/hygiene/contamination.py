"""Contamination: word 13-grams that texts share with evaluation prompts (as in GPT-3, Brown et al. 2020)."""

from collections.abc import Iterator

import duckdb

from datasets_registry.rows.hygiene import HygieneFinding
from datasets_registry.rows.prompts import PROMPT_SETS
from datasets_registry.views.scanning import records
from quality.hygiene.findings import finding
from quality.hygiene.words import gram, grams, hashes, normalised

WORDS = 13
ID_COLUMNS = {"red_team_prompts": "prompt_id", "helpful_prompts": "prompt_id", "problems": "problem_id"}


def evaluation_prompts(*datasets: str) -> str:
    """SQL of the evaluation prompts of ``datasets``: ``dataset/id`` and words."""
    return " UNION ALL ".join(
        f"SELECT '{dataset}/' || {ID_COLUMNS[dataset]} AS evaluation_id,"
        f" {normalised('prompt')} AS evaluation_words FROM {dataset} WHERE split = 'evaluation'"
        for dataset in datasets
    )


def contaminated(texts: str, evaluation: str) -> str:
    """SQL of each text in ``texts`` that shares 13 consecutive words with a prompt of ``evaluation``.

    A text of fewer words is compared as a whole. ``texts`` has ``text_id`` and ``words``; the result has
    ``text_id``, one ``evaluation_id`` and ``phrase`` that it shares, and the number of shared 13-grams.
    """
    return f"""
    WITH evaluation AS ({evaluation}),
    evaluation_grams AS (
        -- one prompt per gram, so that a phrase in many prompts does not multiply the join
        SELECT gram, min(evaluation_id) AS evaluation_id, arg_min(position, evaluation_id) AS position
        FROM (SELECT evaluation_id, unnest(grams) AS gram, generate_subscripts(grams, 1) AS position FROM
              (SELECT evaluation_id, {grams("hashed", WORDS, whole=True)} AS grams FROM
               (SELECT evaluation_id, {hashes("evaluation_words")} AS hashed
                FROM evaluation WHERE evaluation_words <> '')))
        GROUP BY gram
    ), text_grams AS (
        SELECT text_id, words, unnest({grams("hashed", WORDS, whole=True)}) AS gram
        FROM (SELECT text_id, words, {hashes("words")} AS hashed FROM ({texts}))
    ), shared AS (
        SELECT text_id, words, evaluation_id,
               {gram("evaluation_words", "position", WORDS)} AS phrase
        FROM text_grams JOIN evaluation_grams USING (gram) JOIN evaluation USING (evaluation_id)
    )
    -- equal hashes do not yet mean equal words
    SELECT text_id, min(evaluation_id) AS evaluation_id, arg_min(phrase, evaluation_id || phrase) AS phrase,
           count(DISTINCT phrase) AS num_grams
    FROM shared WHERE contains(' ' || words || ' ', ' ' || phrase || ' ') GROUP BY text_id
    """


def contamination(texts: str, evaluation: str) -> str:
    """SQL of the number of contaminated texts."""
    return f"SELECT count(*) FROM ({contaminated(texts, evaluation)})"


_TEXTS = "SELECT [label_dataset, text_column, row_id] AS text_id, words FROM texts"


def contaminations(connection: "duckdb.DuckDBPyConnection") -> Iterator[HygieneFinding]:
    """Each text of the table ``texts`` that shares words with an evaluation prompt of the prompt sets."""
    for row in records(connection, contaminated(_TEXTS, evaluation_prompts(*PROMPT_SETS))):
        dataset, column, row_id = row["text_id"]
        detail = f"contains words of an evaluation prompt: {row['phrase']}"
        yield finding(
            (dataset, column, row_id), "contamination", detail, row["num_grams"], row["evaluation_id"]
        )
