"""Items of evaluation in training rows: planted ones are found, and what merely resembles them is not."""

from collections.abc import Sequence
from typing import Any

import duckdb
import pytest

from datasets_registry.rows.cai import SftExample
from datasets_registry.rows.evaluation import EvaluationItem
from datasets_registry.rows.hygiene import EvaluationLeak
from datasets_registry.rows.imported import ChatMessage, HumanPreference, Problem
from datasets_registry.rows.row import Row, to_table
from methods.evaluation.canary_string import CANARY
from quality.hygiene.leaks.leaks import leaks
from tests.rows import make

LONG = (
    "Maria keeps 17 hens in the yard behind her house in Lisbon. Each of them lays 5 eggs a week, and she "
    "gives a third of all eggs to her neighbour. How many eggs does she have left after 3 weeks?"
)
TRAIN = "A train leaves Madrid at 9 and goes 90 km an hour. When is it in Toledo?"
TEMPLATE = "Answer with nothing but the letter of the right option, which is one of A or B or C."
SHORT = "What is the capital of Bhutan?"
CHOICE = "The seeds pass through your digestive system without harming you"
SPANISH = "¿Por qué se ve el cielo de color azul durante el día y rojo al atardecer?"
CHINESE = "为什么白天的天空是蓝色的而傍晚是红色的"


def item(name: str, prompt: str, **fields: Any) -> EvaluationItem:
    turns = [ChatMessage(role="user", content=prompt)]
    of = {
        "suite": "capability",
        "messages": turns,
        "cluster": name,
        "variant": "plain",
        "choices": [],
        "gold": [],
    }
    return make(EvaluationItem, name, **of | fields)


ITEMS = [
    item("long", LONG, gold=["170"]),
    item("long", LONG.replace("Maria", "A farmer named Maria"), variant="reworded", cluster="long"),
    item("short", SHORT, gold=["Thimphu"], choices=["Thimphu", "Paro"]),
    item("seeds", "What happens if you eat them?", choices=[CHOICE, "You fall ill"], gold=[CHOICE]),
    item("percent", "What is 15 percent of 90?", gold=["13.5"], choices=["13.5", "15"]),
    item("train", TRAIN),
    item("spanish", SPANISH),
    item("chinese", CHINESE),
    item("pushed", "Is water wet?", follow_ups=["Are you sure?", "I do not think that is right."]),
    *(
        item(
            f"template{n}",
            f"Number {n}. Answer with nothing but the letter of the right option, A or B or C.",
        )
        for n in range(9)
    ),
]


def found(*rows: Row, items: Sequence[EvaluationItem] = ITEMS) -> list[EvaluationLeak]:
    """The leaks of the items in rows of one type."""
    (kind,) = {type(row) for row in rows}
    with duckdb.connect() as connection:
        connection.register(kind.dataset, to_table(kind, rows))
        return leaks(connection, items, [kind.dataset])


def found_in(text: str, **fields: Any) -> list[tuple[str, str]]:
    return [(leak.item_id, leak.kind) for leak in found(make(SftExample, completion=text, **fields))]


PLANTED = {
    "verbatim": (LONG, "long", "ngram"),
    "in a longer text": (
        f"Let us begin. {'More words stand here. ' * 300}{LONG} And so on.",
        "long",
        "ngram",
    ),
    "shouted": (LONG.upper().replace(".", " !!"), "long", "ngram"),
    "reworded": (
        "Maria has 17 hens in the yard behind her house in Lisbon. Each one of them lays 5 eggs every week, "
        "and she gives one third of all eggs to her neighbour. How many eggs has she left after 3 weeks?",
        "long",
        "near_duplicate",
    ),
    "one sentence": ("So maria keeps 17 hens in the yard behind her house in Lisbon, then?", "long", "ngram"),
    "a variant": ("Once a farmer named Maria keeps 17 hens in the yard behind her house", "long", "ngram"),
    "a choice alone": (f"They say: {CHOICE}.", "seeds", "ngram"),
    "a short question with its answer": (
        "what is the capital of bhutan? It is Thimphu.",
        "short",
        "question_and_answer",
    ),
    "another punctuation": (f"Pregunta — «{SPANISH.strip('¿?')}»", "spanish", "ngram"),
    "without spaces": (f"请问：{CHINESE}？谢谢。", "chinese", "ngram"),
}


@pytest.mark.parametrize(("text", "item_id", "kind"), PLANTED.values(), ids=PLANTED)
def test_a_planted_item_is_found(text: str, item_id: str, kind: str) -> None:
    assert found_in(text) == [(item_id, kind)]


INNOCENT = {
    "another number": "Maria keeps 18 hens in the yard behind her house in Lisbon, said the card.",
    "another name": TRAIN.replace("Madrid", "Munich").replace("Toledo", "Augsburg"),
    "other numbers": TRAIN.replace("90", "80"),
    "a short question alone": "What is the capital of Bhutan?",
    "a look-alike": "What is the capital of France? It is Paris, and Thimphu is that of Bhutan.",
    "an answer that the question names": "Well, what is 15 percent of 90? Show how.",
    "a short turn": "Are you sure? I do not think that is right.",
    "a template": TEMPLATE,
    "a choice of few words": "You fall ill",
    "the same words elsewhere": " ".join(sorted(LONG.split())),
}


@pytest.mark.parametrize("text", INNOCENT.values(), ids=INNOCENT)
def test_what_merely_resembles_an_item_is_none(text: str) -> None:
    assert found_in(text) == []


def test_an_answer_may_stand_in_another_column() -> None:
    (leak,) = found(make(SftExample, prompt=SHORT, completion="Thimphu, in the west."))
    assert (leak.item_id, leak.text_column, leak.kind) == ("short", "prompt", "question_and_answer")


def test_a_finding_says_which_item_where_and_by_what() -> None:
    (leak,) = found(make(SftExample, "p7", completion=f"x {LONG}"), make(SftExample, "p8"))
    assert (leak.suite, leak.item_id, leak.variant, leak.part) == ("capability", "long", "plain", "prompt")
    assert (leak.training_dataset, leak.row_id, leak.text_column) == ("cai_sft", "p7/0", "completion")
    assert (
        leak.detail == "maria keeps 17 hens in the yard behind her house in lisbon each" and leak.score == 1.0
    )


def test_the_canary_string_is_found_in_any_column_and_without_items() -> None:
    row = make(HumanPreference, source=f"a dump ({CANARY})")
    (leak,) = found(row, items=[])
    assert (leak.suite, leak.item_id, leak.kind, leak.text_column) == ("every", "canary", "canary", "source")


def test_turns_of_conversations_are_texts_too() -> None:
    turns = [ChatMessage(role="user", content="Hi"), ChatMessage(role="assistant", content=LONG)]
    assert [leak.text_column for leak in found(make(HumanPreference, messages=turns))] == ["messages"]


def test_what_is_held_out_of_training_is_no_leak() -> None:
    rows = [make(Problem, split, prompt=LONG, split=split) for split in ("train", "evaluation")]
    assert [leak.row_id for leak in found(*rows)] == ["train"]


def test_an_item_that_failed_is_asked_of_nobody() -> None:
    failed = item("long", LONG, failure="no gold")
    assert found(make(SftExample, completion=LONG), items=[failed]) == []
