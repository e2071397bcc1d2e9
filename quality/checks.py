"""The table of all checks: each names the dataset, the figure and the failure that it catches."""

from datasets_registry.schemas import TIE_LOGIT
from quality.check import Check

_SOURCES = ("red_team_prompts", "helpful_prompts")
_UNION = "(SELECT * FROM red_team_prompts UNION ALL SELECT * FROM helpful_prompts)"


def _blank(column: str) -> str:
    # trim() alone leaves tabs and line breaks
    return f"regexp_full_match({column}, '\\s*')"


def _no_rows(dataset: str) -> Check:
    return Check(dataset, "has_rows", "SELECT count(*) FROM this", "a dataset without rows", at_least=1)


def _no_empty(dataset: str, *columns: str) -> Check:
    empty = " OR ".join(map(_blank, columns))
    return Check(
        dataset, "no_empty_text", f"SELECT count(*) FROM this WHERE {empty}",
        f"rows with an empty {' or '.join(columns)}", at_most=0,
    )  # fmt: skip


def _source_prompt(dataset: str, *sources: str) -> Check:
    union = " UNION ALL ".join(f"SELECT prompt_id, prompt FROM {one}" for one in sources)
    return Check(
        dataset, "prompt_equals_source",
        f"SELECT count(*) FROM this LEFT JOIN ({union}) AS source USING (prompt_id)"
        " WHERE source.prompt IS NULL OR source.prompt <> this.prompt",
        "rows whose prompt is not the source's, such as truncated ones", at_most=0, reads=sources,
    )  # fmt: skip


def _not_held_out(dataset: str) -> Check:
    return Check(
        dataset, "no_evaluation_prompt",
        f"SELECT count(*) FROM this WHERE split_group IN"
        f" (SELECT split_group FROM {_UNION} WHERE split = 'evaluation')",
        "training rows whose prompt group is held out for evaluation", at_most=0, reads=_SOURCES,
    )  # fmt: skip


def _splits_apart(dataset: str) -> Check:
    return Check(
        dataset, "splits_apart",
        "SELECT count(*) FROM (SELECT split_group FROM this GROUP BY ALL HAVING count(DISTINCT split) > 1)",
        "prompt groups in both training and evaluation", at_most=0,
    )  # fmt: skip


CHECKS: tuple[Check, ...] = (
    *(
        check
        for dataset in _SOURCES
        for check in (_no_rows(dataset), _no_empty(dataset, "prompt"), _splits_apart(dataset))
    ),
    _no_rows("cai_revisions"),
    _no_empty("cai_revisions", "prompt", "revision"),
    _source_prompt("cai_revisions", "red_team_prompts"),
    _not_held_out("cai_revisions"),
    Check(
        "cai_revisions", "revisions_change",
        "SELECT avg(changed::INT) FROM this", "critiques that do not bite",
        at_least=0.6, severity="warning",
    ),
    _no_rows("helpful_answers"),
    Check(
        "helpful_answers", "no_empty_text",
        f"SELECT count(*) FROM this WHERE {_blank('prompt')}"
        f" OR (failure IS NULL AND {_blank('completion')})",
        "usable rows with an empty prompt or completion", at_most=0,
    ),
    _source_prompt("helpful_answers", "helpful_prompts"),
    _not_held_out("helpful_answers"),
    _no_rows("cai_sft"),
    _no_empty("cai_sft", "prompt", "completion"),
    _source_prompt("cai_sft", *_SOURCES),
    _not_held_out("cai_sft"),
    _no_rows("completion_pairs"),
    Check(
        "completion_pairs", "no_empty_text",
        f"SELECT count(*) FROM this WHERE {_blank('prompt')}"
        f" OR (failure IS NULL AND ({_blank('completion_a')} OR {_blank('completion_b')}))",
        "usable pairs with an empty prompt or completion", at_most=0,
    ),
    _source_prompt("completion_pairs", *_SOURCES),
    _not_held_out("completion_pairs"),
    _no_rows("ai_judgements"),
    Check(
        "ai_judgements", "parse_rate",
        "SELECT avg((verdict IS NOT NULL)::INT) FROM this",
        "a judge that does not answer the question", at_least=0.9,
    ),
    Check(
        "ai_judgements", "both_orders",
        "SELECT count(*) FROM (SELECT pair_id, principle_id FROM this GROUP BY ALL"
        " HAVING count(*) FILTER (\"order\" IN ('ab', 'ba')) <> 2)",
        "pairs that were not judged in both orders", at_most=0,
    ),
    Check(
        "ai_judgements", "first_position_share",
        "SELECT avg((verdict = 'first')::INT) FROM this"
        " WHERE verdict IS NOT NULL AND \"order\" IN ('ab', 'ba')",
        "a judge that prefers a position", at_least=0.25, at_most=0.75, severity="warning",
    ),
    _no_rows("preference_pairs"),
    _no_empty("preference_pairs", "prompt", "chosen", "rejected"),
    _source_prompt("preference_pairs", "completion_pairs"),
    _not_held_out("preference_pairs"),
    Check(
        "preference_pairs", "chosen_differs",
        "SELECT count(*) FROM this WHERE chosen = rejected",
        "pairs whose chosen is the rejected", at_most=0,
    ),
    Check(
        "preference_pairs", "label_recomputed",
        f"""
        WITH logits AS (
            SELECT pair_id, "order", verdict,
                   ln(greatest(least(p_first, 1 - 1e-6), 1e-6)
                      / (1 - greatest(least(p_first, 1 - 1e-6), 1e-6))) AS logit
            FROM ai_judgements
        ), orders AS (
            SELECT pair_id, bool_and(verdict IS NOT NULL) AS parsed,
                   any_value(logit) FILTER ("order" = 'ab') AS ab,
                   any_value(logit) FILTER ("order" = 'ba') AS ba,
                   coalesce(avg(logit) FILTER ("order" IN ('aa', 'bb')), 0) AS position
            FROM logits GROUP BY pair_id
        ), expected AS (
            SELECT p.pair_id, p.completion_a, p.completion_b, CASE
                WHEN o.pair_id IS NULL THEN 'unjudged'
                WHEN NOT parsed THEN 'unparsed'
                WHEN least(ab - position, position - ba) > {TIE_LOGIT} THEN 'a'
                WHEN greatest(ab - position, position - ba) < -{TIE_LOGIT} THEN 'b'
                ELSE 'tie' END AS label
            FROM completion_pairs p LEFT JOIN orders o USING (pair_id)
        )
        SELECT count(*) FROM expected e FULL JOIN this t USING (pair_id)
        WHERE e.label IS DISTINCT FROM t.label
           OR t.chosen IS DISTINCT FROM
              CASE e.label WHEN 'a' THEN completion_a WHEN 'b' THEN completion_b END
           OR t.rejected IS DISTINCT FROM
              CASE e.label WHEN 'a' THEN completion_b WHEN 'b' THEN completion_a END
        """,
        "labels that the stored verdicts and orders do not give",
        at_most=0, reads=("completion_pairs", "ai_judgements"),
    ),
    Check(
        "preference_pairs", "labelled_share",
        "SELECT avg((label IN ('a', 'b'))::INT) FROM this",
        "ties and unparsed pairs that leave little to train on", at_least=0.1, severity="warning",
    ),
    _no_rows("evaluation_answers"),
    _source_prompt("evaluation_answers", *_SOURCES),
    Check(
        "evaluation_answers", "no_training_prompt",
        "SELECT count(*) FROM this WHERE split_group IN (SELECT split_group FROM cai_sft"
        " UNION ALL SELECT split_group FROM preference_pairs WHERE chosen IS NOT NULL)",
        "evaluation prompts that a model was trained on", at_most=0,
        reads=("cai_sft", "preference_pairs"),
    ),
    _no_rows("evaluation"),
    _no_rows("problems"),
    _no_empty("problems", "prompt", "answer"),
    _splits_apart("problems"),
    _no_rows("human_preferences"),
    _no_empty("human_preferences", "prompt", "chosen", "rejected"),
    Check(
        "human_preferences", "chosen_differs",
        "SELECT count(*) FROM this WHERE chosen = rejected",
        "pairs whose chosen is the rejected", at_most=0,
    ),
    _no_rows("demonstrations"),
    _no_empty("demonstrations", "prompt", "completion"),
)  # fmt: skip


def checks_of(dataset: str) -> list[Check]:
    """The checks of one dataset."""
    return [one for one in CHECKS if one.dataset == dataset]
