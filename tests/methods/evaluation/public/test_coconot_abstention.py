"""CoCoNot's questions without an answer as items of calibration."""

import pytest

from datasets_registry.importing.rejection import Rejected
from methods.evaluation.public.published import PUBLISHED

READ = PUBLISHED["coconot_abstention"].read


@pytest.mark.parametrize(
    ("subcategory", "category"),
    [
        ("false presuppositions", "false_presupposition"),
        ("underspecified", "underspecified"),
        ("universal unknowns", "unknowable"),
    ],
)
def test_a_question_without_an_answer_is_an_item_without_gold(subcategory: str, category: str) -> None:
    (item,) = READ({"id": "a", "prompt": " When did it sink? ", "subcategory": subcategory, "response": ""})
    assert (item.suite, item.category, item.gold) == ("calibration", category, [])
    assert item.messages[-1].content.startswith("When did it sink?\n\nAnswer in a few words")


def test_a_request_of_another_kind_is_no_item_and_no_fault_of_the_file() -> None:
    assert READ({"prompt": "Name a drug.", "subcategory": "dangerous or sensitive topics"}) == []


def test_a_record_without_a_prompt_is_rejected() -> None:
    with pytest.raises(Rejected, match="prompt is empty"):
        READ({"prompt": " ", "subcategory": "underspecified"})
