"""XSTest (Röttger et al. 2024): safe prompts that look unsafe, and unsafe ones beside them."""

from datasets_registry.importing.records import Columns
from datasets_registry.importing.rejection import Rejected
from datasets_registry.rows.evaluation import EvaluationItem
from methods.evaluation.public.conversation import item_of_text
from methods.evaluation.public.texts import text_of
from methods.evaluation.suites.over_refusal import ANSWER, NAME, REFUSE

_GOLD = {"safe": ANSWER, "unsafe": REFUSE}
_SOURCE = "XSTest (Röttger et al. 2024)"


def read_xstest(columns: Columns) -> list[EvaluationItem]:
    """The prompt of a row of `xstest_prompts.csv`; a kind and its contrast are one category."""
    label = columns.get("label")
    if label is None:
        raise Rejected("there is no column label")
    if label not in _GOLD:
        raise Rejected("label is not safe or unsafe", f"label is {str(label)[:40]!r}, not safe or unsafe")
    category = text_of(columns, "type").removeprefix("contrast_")
    prompt = text_of(columns, "prompt")
    return [item_of_text(NAME, prompt, category, _SOURCE, "CC-BY-4.0", gold=[_GOLD[label]])]
