"""A version of many preference pairs with texts of their own, committed through the registry."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from datasets_registry.registry import Registry
from datasets_registry.rows.rlaif import PreferencePair
from datasets_registry.rows.row import arrow_schema
from datasets_registry.version import Derivation, Version

BATCH = 50_000
# one pair in so many holds it
RARE_WORD, RARE_IN = "quokka", 50_000
_WORDS = [
    "answer",
    "because",
    "bread",
    "careful",
    "city",
    "doctor",
    "garden",
    "help",
    "house",
    "letter",
    "water",
]
_PRINCIPLES = [f"principle_{place}" for place in range(12)]
_CATEGORIES = ["explain", "privacy", "self_harm", "weapons", "write"]


def commit_pairs(registry: Registry, count: int, seed: int = 0) -> Version:
    """``count`` labelled pairs, the same for the same seed, as a passed version."""
    made = Derivation(code_version="made", settings={"count": count, "seed": seed}, inputs=())
    version = registry.commit(PreferencePair, _batches(count, seed), made)
    return registry.record_checks(version, [])


def _batches(count: int, seed: int) -> Iterator[pa.RecordBatch]:
    drawn = np.random.default_rng(seed)
    texts = pa.array([" ".join(drawn.choice(_WORDS, 40)) for _ in range(2_000)])
    for start in range(0, count, BATCH):
        yield _batch(np.arange(start, min(start + BATCH, count)), texts, drawn)


def _batch(rows: np.ndarray, texts: pa.Array, drawn: np.random.Generator) -> pa.RecordBatch:
    size = len(rows)

    def text(word: str) -> pa.Array:
        first, second = (texts.take(pa.array(drawn.integers(0, len(texts), size))) for _ in range(2))
        numbers = pa.array([f"{word} {row}" for row in rows])
        return pc.binary_join_element_wise(first, numbers, second, " ")

    p_a = drawn.beta(0.5, 0.5, size)
    label = np.where(p_a > 0.55, "a", np.where(p_a < 0.45, "b", "tie"))
    a, b = text("answer"), text("reply")
    rare = pa.array(rows % RARE_IN == RARE_IN - 1)
    a = pc.if_else(rare, pc.binary_join_element_wise(a, RARE_WORD, " "), a)
    none = pa.nulls(size)
    tied = pa.array(label == "tie")
    values = {
        "pair_id": pa.array([f"{row * 11_400_714_819_323_198_485 % 2**64:016x}" for row in rows.tolist()]),
        "prompt_id": pa.array([f"prompt {row // 4}" for row in rows]),
        "prompt": text("question"),
        "history": pa.array([[]] * size, arrow_schema(PreferencePair).field("history").type),
        "kind": pa.array(np.where(rows % 2 == 0, "helpful", "red_team")),
        "category": pa.array(np.array(_CATEGORIES)[rows % len(_CATEGORIES)]),
        "split_group": pa.array([f"group {row // 4}" for row in rows]),
        "principle_id": pa.array(np.array(_PRINCIPLES)[rows % len(_PRINCIPLES)]),
        "principles": pa.array([[_PRINCIPLES[row % len(_PRINCIPLES)]] for row in rows]),
        "p_a": pa.array(p_a),
        "logit_ab": pa.array(np.log(p_a / (1 - p_a) + 1e-9)),
        "logit_ba": pa.array(np.log(p_a / (1 - p_a) + 1e-9) + drawn.normal(0, 1, size)),
        "p_signals": pa.array([[]] * size, arrow_schema(PreferencePair).field("p_signals").type),
        "num_unparsed": pa.array(np.zeros(size, dtype=np.int64)),
        "judges_disagree": pa.array(drawn.random(size) < 0.1),
        "label": pa.array(label),
        "chosen": pc.if_else(tied, pa.scalar(None, pa.string()), pc.if_else(pa.array(label == "a"), a, b)),
        "rejected": pc.if_else(tied, pa.scalar(None, pa.string()), pc.if_else(pa.array(label == "a"), b, a)),
    }
    schema = arrow_schema(PreferencePair)
    columns = [values.get(field.name, none).cast(field.type) for field in schema]
    return pa.RecordBatch.from_arrays(columns, schema=schema)
