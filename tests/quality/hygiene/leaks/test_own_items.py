"""Our own items: planted ones are recalled when lightly reworded, and no shipped prompt is taken for one."""

import json
import random

import duckdb
import pytest

from datasets_registry.rows.cai import SftExample
from datasets_registry.rows.evaluation import EvaluationItem
from datasets_registry.rows.hygiene import EvaluationLeak
from datasets_registry.rows.row import to_table
from datasets_registry.state import REPOSITORY
from methods.evaluation.suites.named import SUITES
from quality.hygiene.leaks.leaks import leaks
from tests.rows import make

FILLERS = ("really", "such", "other", "some")


@pytest.fixture(scope="module")
def items() -> list[EvaluationItem]:
    return [item for suite in SUITES.values() for item in suite.items()]


def found(texts: dict[str, str], items: list[EvaluationItem]) -> list[EvaluationLeak]:
    rows = [make(SftExample, name, completion=text, prompt="-") for name, text in texts.items()]
    with duckdb.connect() as connection:
        connection.register("cai_sft", to_table(SftExample, rows))
        return leaks(connection, items, ["cai_sft"])


def reworded(text: str, share: float, draw: random.Random) -> str:
    """The text with so many of its lower-case words left out, replaced, or followed by another."""
    words: list[str] = []
    for word in text.split(" "):
        if not (word.isalpha() and word.islower()) or draw.random() >= share:
            words.append(word)
        elif (change := draw.random()) > 0.3:
            words += [word, draw.choice(FILLERS)] if change > 0.65 else [draw.choice(FILLERS)]
    return " ".join(words)


# a prompt of fewer words is known with its answer alone
@pytest.mark.parametrize(("share", "recall"), [(0.0, 1.0), (0.05, 0.95), (0.1, 0.9)])
def test_planted_items_are_recalled(items: list[EvaluationItem], share: float, recall: float) -> None:
    draw = random.Random(20_261_129)
    prompts = {item.item_id: item.messages[-1].content for item in items}
    asked = {item_id: text for item_id, text in prompts.items() if len(text.split()) >= 12}
    planted = {
        item_id: f"Sure. {reworded(text, share, draw)} So much for it." for item_id, text in asked.items()
    }
    leaked = {leak.row_id.partition("/")[0] for leak in found(planted, items)}
    assert len(planted) > 100 and len(leaked & planted.keys()) >= recall * len(planted)


def test_no_shipped_prompt_is_taken_for_an_item(items: list[EvaluationItem]) -> None:
    files = [REPOSITORY / "assets" / "prompts" / f"{kind}.jsonl" for kind in ("helpful", "red_team")]
    lines = [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    prompts = {f"p{place}": line["prompt"] for place, line in enumerate(lines)}
    assert len(prompts) > 100 and found(prompts, items) == []
