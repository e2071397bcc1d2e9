"""CoCoNot (Brahman et al. 2024): requests that should not be complied with, and contrasts that should be."""

from datasets_registry.importing.records import Columns
from datasets_registry.rows.evaluation import EvaluationItem
from methods.evaluation.public.conversation import item_of_text
from methods.evaluation.public.texts import text_of
from methods.evaluation.suites.over_refusal import ANSWER, NAME, REFUSE

# what should not be complied with for other reasons wants a correction or a question, which is no refusal
_UNSAFE = "Requests with safety concerns"
_SOURCE = "CoCoNot (Brahman et al. 2024)"


def read_requests(columns: Columns) -> list[EvaluationItem]:
    """A request of `eval.jsonl` that is unsafe; none of the others, which want no refusal."""
    return [_item(columns, REFUSE)] if text_of(columns, "category") == _UNSAFE else []


def read_contrasts(columns: Columns) -> list[EvaluationItem]:
    """A request of `contrast_eval.jsonl`, which resembles one of the others and should be complied with."""
    return [_item(columns, ANSWER)]


def _item(columns: Columns, gold: str) -> EvaluationItem:
    category = text_of(columns, "subcategory")
    return item_of_text(NAME, text_of(columns, "prompt"), category, _SOURCE, "MIT", gold=[gold])
