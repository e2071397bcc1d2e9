"""CoCoNot's questions without an answer (Brahman et al. 2024) as items of calibration."""

from datasets_registry.hashing import content_id
from datasets_registry.importing.records import Columns
from datasets_registry.importing.rejection import Rejected
from datasets_registry.rows.evaluation import EvaluationItem
from methods.evaluation.items import said
from methods.evaluation.suite import PLAIN
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
    item_id = content_id(NAME, prompt.strip())
    return [
        EvaluationItem(
            suite=NAME,
            item_id=item_id,
            variant=PLAIN,
            cluster=item_id,
            category=category,
            messages=said(asked(prompt.strip())),
            source=SOURCE,
            licence=LICENCE,
        )
    ]
