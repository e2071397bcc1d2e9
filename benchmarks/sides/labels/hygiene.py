"""Made-up label datasets with planted copies, and the hygiene finders over them, each timed."""

import random
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.sides.alone import peak_megabytes
from datasets_registry.rows.row import arrow_schema
from datasets_registry.state import State
from datasets_registry.views.files import parquet
from datasets_registry.views.scanning import column, scanning
from methods.reading.refusals import read_refusal
from quality.checks.hygiene import HYGIENE_CHECKS
from quality.hygiene.boilerplate import boilerplate
from quality.hygiene.contamination import contaminations
from quality.hygiene.duplicates import duplicates, split_near_duplicates
from quality.hygiene.findings import each_text
from quality.hygiene.grader_address import grader_addresses
from quality.hygiene.languages import language_outliers
from quality.hygiene.lengths import length_outliers
from quality.hygiene.personal_data import personal_data_findings
from quality.hygiene.texts import LABELS, learned, load_texts

PROMPT_WORDS, COMPLETION_WORDS = 25, 60
EVALUATION_PROMPTS = 1_000
# every fiftieth completion is the one before with another end
COPIED = 50


def write(folder: Path, num_pairs: int) -> None:
    """``num_pairs`` preference pairs, half as many SFT examples and the prompt sets, as Parquet files.

    Every other label dataset is there without a row.
    """
    for label in LABELS:
        pq.write_table(arrow_schema(label.row).empty_table(), folder / f"{label.name}.parquet")
    turn = random.Random(0)
    words = [f"{first}{vowel}{end}" for first in "bcdfglmnprst" for vowel in "aeiou" for end in _ENDS]
    weights = [1 / (place + 10) for place in range(len(words))]

    def texts(number: int, num_words: int) -> list[str]:
        return [" ".join(turn.choices(words, weights, k=num_words)).capitalize() for _ in range(number)]

    ids = [f"{turn.getrandbits(64):016x}" for _ in range(num_pairs)]
    prompts, chosen, rejected = (
        texts(num_pairs, words) for words in (PROMPT_WORDS, COMPLETION_WORDS, COMPLETION_WORDS)
    )
    for place in range(COPIED, num_pairs, COPIED):
        chosen[place] = f"{chosen[place - 1]} once more."
    pairs = {"pair_id": ids, "prompt_id": ids, "prompt": prompts, "chosen": chosen, "rejected": rejected}
    half = num_pairs // 2
    sft = {"prompt_id": ids[:half], "step": [0] * half, "prompt": prompts[:half]}
    sft |= {"completion": rejected[half : 2 * half]}
    held = {"prompt": texts(EVALUATION_PROMPTS, PROMPT_WORDS), "split": ["evaluation"] * EVALUATION_PROMPTS}
    held |= {"prompt_id": [f"e{place}" for place in range(EVALUATION_PROMPTS)]}
    held |= {"problem_id": held["prompt_id"]}
    training = {"prompt": prompts, "split": ["train"] * num_pairs, "prompt_id": ids, "problem_id": ids}
    both = {name: training[name] + held[name] for name in held}
    for name, columns in (
        ("preference_pairs", pairs),
        ("cai_sft", sft),
        ("red_team_prompts", both),
        ("helpful_prompts", held),
        ("problems", held),
    ):
        pq.write_table(pa.table(columns), folder / f"{name}.parquet")


_ENDS = ["", "n", "r", "s", "t", "ter", "ning", "sion", "ment", "able", "ous", "ly"]


def measure(folder: Path) -> tuple[dict[str, tuple[float, int]], float]:
    """Seconds and number of findings by finder, and peak memory in megabytes."""
    taken: dict[str, tuple[float, int]] = {}

    def timed(name: str, work: Callable[[], Iterable[object] | None]) -> None:
        start = time.perf_counter()
        number = len(list(work() or ()))
        taken[name] = time.perf_counter() - start, number

    with scanning(State(folder / "state").prepare()) as connection:
        for path in folder.glob("*.parquet"):
            connection.execute(f"CREATE TEMP VIEW {column(path.stem)} AS SELECT * FROM {parquet([path])}")
        _checks(connection, timed)
        timed("reading and normalising", lambda: load_texts(connection))
        timed("contamination findings", lambda: contaminations(connection))
        timed("duplicates", lambda: duplicates(connection))
        timed("languages", lambda: language_outliers(connection))
        timed("lengths", lambda: length_outliers(connection))
        timed("personal data", lambda: personal_data_findings(connection))
        timed("words to a grader", lambda: grader_addresses(connection))
        timed("boilerplate", lambda: boilerplate(connection, learned()))
        timed(
            "refusals",
            lambda: [
                source for source, text in each_text(connection, learned()) if read_refusal(text).refused
            ],
        )
    return taken, peak_megabytes()


def _checks(
    connection: "duckdb.DuckDBPyConnection", timed: Callable[[str, Callable[[], Iterable[object]]], None]
) -> None:
    (check,) = [
        check for check in HYGIENE_CHECKS if check.name == "contamination" and "pairs" in check.dataset
    ]
    connection.execute("CREATE TEMP VIEW this AS SELECT * FROM preference_pairs")
    timed("check: contamination of the pairs", lambda: connection.execute(str(check.measure)).fetchall())
    connection.execute("CREATE OR REPLACE TEMP VIEW this AS SELECT * FROM red_team_prompts")
    timed("check: near duplicates across splits", lambda: [split_near_duplicates(connection)])
