"""Small files in the public formats, and how tests import them."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from datasets_registry.importing.filling import Given
from datasets_registry.importing.importing import Imported, import_rows
from datasets_registry.importing.source import open_source
from datasets_registry.rows.row import Row
from datasets_registry.rows.types import ROW_TYPES

ASKED = "\n\nHuman: Hello?\n\nAssistant: Hi.\n\nHuman: How are you?"
HH_RLHF = {"chosen": f"{ASKED}\n\nAssistant: Well.", "rejected": f"{ASKED}\n\nAssistant: Go away."}
GSM8K = {"question": "What is 1,000 + 80?", "answer": "It is 1000+80 = <<1000+80=1080>>1080.\n#### 1,080"}
BINARIZED = {
    "prompt": "Why?",
    "chosen": [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "Because."}],
    "rejected": [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "No."}],
    "score_chosen": 8,
    "score_rejected": 2.5,
}
SVAMP = {
    "ID": "x-1",
    "Body": "A pack costs 76 dollars with 25 dollars off",
    "Question": "What do you pay?",
    "Equation": "( 76.0 - 25.0 )",
    "Answer": 51.0,
    "Type": "Subtraction",
}
HUMANEVAL = {
    "task_id": "Own/0",
    "prompt": 'import math\n\n\ndef half(x):\n    return x / 2\n\n\ndef whole(x):\n    """Undo `half`."""\n',
    "canonical_solution": "    return math.floor(x * 2)\n",
    "entry_point": "whole",
    "test": "def check(candidate):\n    assert candidate(half(6)) == 6\n",
}
CHAT = {"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello."}]}


def ultrafeedback(*ratings: str) -> dict[str, Any]:
    """An UltraFeedback row with one answer per rating."""
    answers = [
        {
            "response": f"answer {place}",
            "overall_score": 10 - place,
            "annotations": {"helpfulness": {"Rating": one}, "honesty": {"Rating": "N/A"}},
        }
        for place, one in enumerate(ratings)
    ]
    return {"instruction": "Why?", "completions": answers}


def write_lines(path: Path, *rows: Any) -> Path:
    """JSON lines; a row that is text is written as it is."""
    path.write_text("".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in rows))
    return path


class Taken(Imported):
    """What became of a file's rows."""

    rows: list[Row]  # type: ignore[assignment]


def imported(
    path: Path,
    like: type[Row] | None = None,
    mapping: dict[str, str] | None = None,
    given: Given | None = None,
) -> Taken:
    """What becomes of a file's rows, all of them taken."""
    types = [like] if like else list(ROW_TYPES.values())
    found = import_rows(open_source(str(path)), types, mapping or {}, given or Given())
    rows = list(found.rows)
    return Taken(**vars(found) | {"rows": rows})


def reasons(found: Imported) -> Sequence[tuple[int, str]]:
    """Line and reason of each rejected row."""
    return [(one.line, one.reason) for one in found.rejections]
