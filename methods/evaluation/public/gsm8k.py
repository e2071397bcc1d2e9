"""GSM8K's problems (Cobbe et al. 2021) as items of capability."""

from datasets_registry.importing.records import Columns
from datasets_registry.importing.rejection import Rejected
from datasets_registry.rows.evaluation import EvaluationItem
from methods.evaluation.items import named_item, said
from methods.evaluation.public.texts import text_of
from methods.evaluation.suites.capability import GSM8K, NAME, problem

_MARK = "#### "
SOURCE, LICENCE = "GSM8K (github.com/openai/grade-school-math)", "MIT"


def read_gsm8k(record: Columns) -> list[EvaluationItem]:
    """A record as an item behind worked problems of ours; raises Rejected where no answer follows ####."""
    asked = text_of(record, "question")
    _, mark, gold = text_of(record, "answer").rpartition(_MARK)
    if not mark or not gold.strip():
        raise Rejected("no final answer follows ####")
    return [
        named_item(
            NAME,
            said(problem(asked)),
            content=asked,
            category=GSM8K,
            gold=[gold.strip().replace(",", "")],
            source=SOURCE,
            licence=LICENCE,
        )
    ]
