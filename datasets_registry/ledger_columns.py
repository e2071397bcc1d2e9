"""The columns of a stored completion: what the ledger writes and the ``completions`` view shows."""

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
        pa.field("num_prompt_tokens", pa.int64(), nullable=False),
        pa.field("num_cached_tokens", pa.int64(), nullable=False),
        pa.field("num_completion_tokens", pa.int64(), nullable=False),
        pa.field("choice_probabilities", pa.list_(pa.float64())),
        pa.field("outside_probability", pa.float64()),
        pa.field("seconds", pa.float64(), nullable=False),
        pa.field("created_at", pa.timestamp("us", tz="UTC"), nullable=False),
    ]
)
