"""The columns that the ledger stores of a completion, and SQL by which readers see each of them once."""

import pyarrow as pa

LEDGER_SCHEMA = pa.schema(
    [
        pa.field("key", pa.string(), nullable=False),
        pa.field("model", pa.string(), nullable=False),
        pa.field("backend", pa.string(), nullable=False),
        pa.field("asset", pa.string(), nullable=False),
        pa.field("request", pa.string(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("finish_reason", pa.string(), nullable=False),
        pa.field("error", pa.string()),
        pa.field("thought", pa.string()),
        pa.field("num_prompt_tokens", pa.int64(), nullable=False),
        pa.field("num_cached_tokens", pa.int64(), nullable=False),
        pa.field("num_completion_tokens", pa.int64(), nullable=False),
        pa.field("choice_probabilities", pa.list_(pa.float64())),
        pa.field("outside_probability", pa.float64()),
        pa.field("continuation_logprob", pa.float64()),
        pa.field("num_continuation_tokens", pa.int64()),
        pa.field("continuation_is_greedy", pa.bool_()),
        pa.field("prompt_digest", pa.string()),
        pa.field("prompt_renderer", pa.string()),
        pa.field("seconds", pa.float64(), nullable=False),
        pa.field("usd", pa.float64()),
        pa.field("created_at", pa.timestamp("us", tz="UTC"), nullable=False),
    ]
)


# the success of a call that failed before, else its last failure
LAST_ATTEMPT = "QUALIFY row_number() OVER (PARTITION BY key ORDER BY error IS NOT NULL, created_at DESC) = 1"


def once(source: str) -> str:
    """SQL for the rows of ``source``: the first success of each key, and every failure, once.

    Rows may lie in two segments for a while (see ``generation.ledger.compaction``), and two runs that
    raced may have stored one key twice.
    """
    attempt = "CASE WHEN error IS NULL THEN NULL ELSE created_at END"
    rank = f"row_number() OVER (PARTITION BY key, {attempt} ORDER BY created_at)"
    return f"SELECT * FROM {source} QUALIFY {rank} = 1"
