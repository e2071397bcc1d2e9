"""CoCoNot's questions without an answer (Brahman et al. 2024) as items of calibration."""

from datasets_registry.importing.records import Columns
from datasets_registry.importing.rejection import Rejected
from datasets_registry.rows.evaluation import EvaluationItem
from methods.evaluation.items import named_item, said
from methods.evaluation.suites.calibration import NAME, asked

CATEGORIES = {
    "false presuppositions": "false_presupposition",
    "underspecified": "underspecified",
    "universal unknowns": "unknowable",
}
SOURCE, LICENCE = "CoCoNot (github.com/allenai/noncompliance)", "MIT"


def read_coconot_abstention(record: Columns) -> list[EvaluationItem]:
    """A record of ``eval.jsonl`` as an item; none for one that asks for another reaction."""
    prompt, subcategory = record.get("prompt"), record.get("subcategory")
    if not isinstance(prompt, str) or not prompt.strip():
        raise Rejected("prompt is not a text")
    category = CATEGORIES.get(str(subcategory))
    if category is None:
        return []
    question = prompt.strip()
    return [
        named_item(
            NAME, said(asked(question)), content=question, category=category, source=SOURCE, licence=LICENCE
        )
    ]
