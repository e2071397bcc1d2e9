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


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (
            {"prompt": "Name a drug.", "subcategory": "dangerous or sensitive topics"},
            "dangerous .* is no kind",
        ),
        ({"prompt": "Name a drug."}, "None is no kind"),
        ({"prompt": " ", "subcategory": "underspecified"}, "prompt is not a text"),
    ],
)
def test_another_record_is_rejected_with_its_reason(record: dict[str, str], reason: str) -> None:
    with pytest.raises(Rejected, match=reason):
        READ(record)
