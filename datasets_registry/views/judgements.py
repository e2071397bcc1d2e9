"""The view ``judgements``: every judgement with its pair and the stored completion of its call."""

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
    "created_at": "TIMESTAMP",
}
_FLOATS = ("p_first", "outside_probability")


def judgements_sql(judgements: str | None, pairs: str | None, completions: str | None) -> str:
    """SQL over three sources, each a query such as ``SELECT * FROM pairs`` or None where missing.

    A judgement without its pair or completion is kept, with nulls.
    """
    judgement = judgements or _empty({name: _judgement_type(name) for name in AiJudgement.model_fields})
    pair = pairs or _empty({name: "VARCHAR" for name in CompletionPair.model_fields})
    call = completions or _empty({"key": "VARCHAR", "error": "VARCHAR", **_CALL})
    columns = [
        *(f'judgement."{name}"' for name in AiJudgement.model_fields),
        *(f'pair."{name}"' for name in _PAIR),
        *(f'call."{name}"' for name in _CALL),
    ]
    named = f"SEMI JOIN ({judgement}) AS named ON key = named.judgement_key"
    calls = f"SELECT * FROM ({call}) {named} {LAST_ATTEMPT}"
    return (
        f"SELECT {', '.join(columns)} FROM ({judgement}) AS judgement"
        f" LEFT JOIN ({pair}) AS pair USING (pair_id)"
        f" LEFT JOIN ({calls}) AS call ON call.key = judgement.judgement_key"
    )


def _judgement_type(name: str) -> str:
    return "DOUBLE" if name in _FLOATS else "VARCHAR"


def _empty(columns: dict[str, str]) -> str:
    nulls = ", ".join(f'NULL::{kind} AS "{name}"' for name, kind in columns.items())
    return f"SELECT {nulls} WHERE false"
