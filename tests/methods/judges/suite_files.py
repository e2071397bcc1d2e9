"""Small files of each suite, with the columns that it ships with."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

Rows = Sequence[Mapping[str, Any]]
LLMBAR: Rows = [
    {"input": "Name a colour.", "output_1": "Blue.", "output_2": "Seven is a number.", "label": 1},
    {"input": "Say no.", "output_1": "Yes, of course I will.", "output_2": "No.", "label": 2},
]
JUDGEBENCH: Rows = [
    {
        "pair_id": "81ec57f2",
        "original_id": "10646",
        "source": source,
        "question": f"Question {number}?",
        "response_model": "gpt-4o-2024-05-13",
        "response_A": "It is (A).",
        "response_B": "After some thought, it is (B).",
        "label": label,
    }
    for number, (source, label) in enumerate([("mmlu-pro-physics", "A>B"), ("livecodebench", "B>A")])
]
RM_BENCH: Rows = [
    {
        "id": 0,
        "prompt": "What is 2+2?",
        "chosen": ["4", "It is four, as two and two are.", "**It is four**, as two and two are."],
        "rejected": ["5", "It is five, as two and two are.", "**It is five**, as two and two are."],
        "domain": "math",
    }
]
REWARD_BENCH_2: Rows = [
    {
        "id": "0",
        "prompt": "Who wrote Emma?",
        "chosen": ["Austen."],
        "rejected": ["Dickens.", "Hardy wrote it.", "Nobody at all wrote it."],
        "num_correct": 1,
        "num_incorrect": 3,
        "total_completions": 4,
        "models": ["a", "b", "c", "d"],
        "subset": "Factuality",
        "additional_metadata": {"category": None, "label": "x"},
    },
    {
        "id": "tied:0",
        "prompt": "Name a colour of the rainbow.",
        "chosen": ["Red.", "Blue."],
        "rejected": ["Brown."],
        "num_correct": 2,
        "num_incorrect": 1,
        "total_completions": 3,
        "models": ["a"],
        "subset": "Ties",
        "additional_metadata": {"category": None, "label": "x"},
    },
]
PRMBENCH: Rows = [
    {
        "original_question": "What is 1+1+1?",
        "modified_question": "What is 1+1+1?",
        "original_process": ["1+1=2", "2+1=3"],
        "modified_process": ["1+1=2", "2+1=4", "So it is 4."],
        "modified_steps": [2, 3],
        "error_steps": [2, 3],
        "reason": "a wrong sum",
        "idx": "prm_test_p1_0",
        "question": "What is 1+1+1?",
        "classification": "confidence",
    }
]
PROCESSBENCH: Rows = [
    {
        "id": f"gsm8k-{number}",
        "generator": "Qwen2-7B-Instruct",
        "problem": f"What is {number}+1+1?",
        "steps": ["First.", "Second.", "Third."],
        "final_answer_correct": label < 0,
        "label": label,
    }
    for number, label in enumerate([1, -1])
]
PEOPLE: Rows = [
    {"prompt": "Say hello.", "chosen": "Hello!", "rejected": "Go away."},
]
# each suite's rows, and the name of a file as it ships
SHIPPED: Mapping[str, tuple[Rows, str]] = {
    "llmbar": (LLMBAR, "Natural/dataset.json"),
    "judgebench": (JUDGEBENCH, "gpt-00000-of-00001.jsonl"),
    "rm_bench": (RM_BENCH, "total_dataset.json"),
    "reward_bench_2": (REWARD_BENCH_2, "test-00000-of-00001.parquet"),
    "prmbench": (PRMBENCH, "prmbench_preview.jsonl"),
    "processbench": (PROCESSBENCH, "gsm8k.json"),
    "people": (PEOPLE, "people.jsonl"),
}


def write_suite(folder: Path, suite: str, rows: Rows | None = None) -> Path:
    """Write a suite's rows in its own form."""
    shipped, name = SHIPPED[suite]
    path, rows = folder / name, shipped if rows is None else rows
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist([*map(dict, rows)]), path)
    elif path.suffix == ".json":
        path.write_text(json.dumps(rows), encoding="utf-8")
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path
