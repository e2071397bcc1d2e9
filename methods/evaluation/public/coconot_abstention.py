"""CoCoNot's questions without an answer (Brahman et al. 2024) as items of calibration."""

from datasets_registry.importing.records import Columns
from datasets_registry.rows.evaluation import EvaluationItem
from methods.evaluation.items import named_item, said
from methods.evaluation.public.texts import text_of
from methods.evaluation.suites.calibration import NAME, asked

CATEGORIES = {
    "false presuppositions": "false_presupposition",
    "underspecified": "underspecified",
    "universal unknowns": "unknowable",
}
SOURCE, LICENCE = "CoCoNot (github.com/allenai/noncompliance)", "MIT"


def read_coconot_abstention(record: Columns) -> list[EvaluationItem]:
    """A record of ``eval.jsonl`` as an item; none for one that asks for another reaction."""
    question = text_of(record, "prompt")
    category = CATEGORIES.get(str(record.get("subcategory")))
    if category is None:
        return []
    return [
        named_item(
            NAME, said(asked(question)), content=question, category=category, source=SOURCE, licence=LICENCE
        )
    ]
