"""GSM8K's problems (Cobbe et al. 2021) as items of capability."""

from datasets_registry.importing.records import Columns
from datasets_registry.importing.rejection import Rejected
from datasets_registry.rows.evaluation import EvaluationItem
from methods.evaluation.items import named_item, said
from methods.evaluation.suites.capability import GSM8K, NAME, problem

_MARK = "#### "
SOURCE, LICENCE = "GSM8K (github.com/openai/grade-school-math)", "MIT"


def read_gsm8k(record: Columns) -> list[EvaluationItem]:
    """A record as an item behind worked problems of ours; raises Rejected where no answer follows ####."""
    asked, solution = record.get("question"), record.get("answer")
    if not isinstance(asked, str) or not asked.strip() or not isinstance(solution, str):
        raise Rejected("question or answer is not a text")
    _, mark, gold = solution.rpartition(_MARK)
    if not mark or not gold.strip():
        raise Rejected("no final answer follows ####")
    return [
        named_item(
            NAME,
            said(problem(asked.strip())),
            content=asked.strip(),
            category=GSM8K,
            gold=[gold.strip().replace(",", "")],
            source=SOURCE,
            licence=LICENCE,
        )
    ]
