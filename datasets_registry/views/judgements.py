"""The view ``judgements``: every judge call with its pair and the stored completion it was read from."""

from datasets_registry.rows.rlaif import AiJudgement, CompletionPair
from datasets_registry.views.ledger_columns import LAST_ATTEMPT

_PAIR = ("prompt_id", "prompt", "kind", "category", "completion_a", "completion_b")
_CALL = {
    "model": "VARCHAR",
    "request": "VARCHAR",
    "text": "VARCHAR",
    "finish_reason": "VARCHAR",
    "num_prompt_tokens": "BIGINT",
    "num_completion_tokens": "BIGINT",
    "seconds": "DOUBLE",
    "usd": "DOUBLE",
    "created_at": "TIMESTAMPTZ",
}
_FLOATS = ("p_first", "outside_probability")


def judgements_sql(judgements: str | None, pairs: str | None, completions: str | None) -> str:
    """SQL over three sources, each a query such as ``SELECT * FROM read_parquet(…)`` or None where missing.

    A judgement whose pair or completion is not there is kept, with nulls.
    """
    said = judgements or _empty({one: _judgement_type(one) for one in AiJudgement.model_fields})
    pair = pairs or _empty({one: "VARCHAR" for one in CompletionPair.model_fields})
    call = completions or _empty({"key": "VARCHAR", "error": "VARCHAR", **_CALL})
    columns = [
        *(f'said."{one}"' for one in AiJudgement.model_fields),
        *(f'pair."{one}"' for one in _PAIR),
        *(f'call."{one}"' for one in _CALL),
    ]
    wanted = f"SEMI JOIN ({said}) AS wanted ON key = wanted.judgement_key"
    made = f"SELECT * FROM ({call}) {wanted} {LAST_ATTEMPT}"
    return (
        f"SELECT {', '.join(columns)} FROM ({said}) AS said LEFT JOIN ({pair}) AS pair USING (pair_id)"
        f" LEFT JOIN ({made}) AS call ON call.key = said.judgement_key"
    )


def _judgement_type(name: str) -> str:
    return "DOUBLE" if name in _FLOATS else "VARCHAR"


def _empty(columns: dict[str, str]) -> str:
    nulls = ", ".join(f'NULL::{kind} AS "{name}"' for name, kind in columns.items())
    return f"SELECT {nulls} WHERE false"
