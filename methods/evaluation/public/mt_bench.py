"""MT-Bench (Zheng et al. 2023): questions of two turns, some with a reference for each."""

from datasets_registry.importing.records import Columns
from datasets_registry.importing.rejection import Rejected
from datasets_registry.rows.evaluation import EvaluationItem
from methods.evaluation.public.conversation import item_of_text
from methods.evaluation.public.texts import text_of
from methods.evaluation.suites.helpfulness import NAME

# what the suite counts with before anything is asked
_MOST_TURNS = 2
_SOURCE = "MT-Bench (Zheng et al. 2023)"


def read_mt_bench(columns: Columns) -> list[EvaluationItem]:
    """A question of `question.jsonl`; `reference` has an answer for each turn, where there is one."""
    first, *later = turns = _texts(columns, "turns")
    if not all(turns):
        raise Rejected("a turn is empty")
    references = _texts(columns, "reference") if columns.get("reference") else []
    if len(turns) > _MOST_TURNS:
        raise Rejected("more than two turns")
    if len(references) > 1 + len(later):
        raise Rejected("more references than turns")
    category = text_of(columns, "category")
    item = item_of_text(NAME, first, category, _SOURCE, "Apache-2.0", follow_ups=later)
    return [item.model_copy(update={"reference": _numbered(references)})]


def _texts(columns: Columns, name: str) -> list[str]:
    texts = columns.get(name)
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) for text in texts):
        raise Rejected(f"{name} is no list of texts")
    return texts


def _numbered(references: list[str]) -> str | None:
    """The references in one text, each with the message that it answers; a turn may have none."""
    given = [
        f"To message {place} of the user:\n{text}" for place, text in enumerate(references, 1) if text.strip()
    ]
    return "\n\n".join(given) or None
