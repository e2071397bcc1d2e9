"""GSM8K's problems (Cobbe et al. 2021) as items of capability."""

import re

from datasets_registry.importing.records import Columns
from datasets_registry.importing.rejection import Rejected
from datasets_registry.rows.evaluation import EvaluationItem
from methods.evaluation.items import named_item, said
from methods.evaluation.public.texts import text_of
from methods.evaluation.suites.capability import GSM8K, NAME, problem

_MARK = "#### "
# commas stand between thousands alone: 3,5 is neither 35 nor 3.5 for sure
_NUMBER = re.compile(r"-?(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.[0-9]+)?")
SOURCE, LICENCE = "GSM8K (github.com/openai/grade-school-math)", "MIT"


def read_gsm8k(record: Columns) -> list[EvaluationItem]:
    """A record as an item behind worked problems of ours; raises Rejected where no answer follows ####."""
    asked = text_of(record, "question")
    _, mark, gold = text_of(record, "answer").rpartition(_MARK)
    if not mark or not gold.strip():
        raise Rejected("no final answer follows ####")
    if not _NUMBER.fullmatch(gold.strip()):
        raise Rejected(
            "what follows #### is not a number", f"{gold.strip()[:40]!r} after #### is not a number"
        )
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
