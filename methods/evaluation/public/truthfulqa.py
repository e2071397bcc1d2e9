"""TruthfulQA's choices (Lin et al. 2022) as items of capability: binary, MC1 and MC2."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from datasets_registry.hashing import content_id
from datasets_registry.importing.records import Columns, Value
from datasets_registry.importing.rejection import Rejected
from datasets_registry.rows.evaluation import EvaluationItem
from methods.evaluation.items import said
from methods.evaluation.public.texts import is_seen, text_of
from methods.evaluation.suites.capability import (
    BINARY,
    MC1,
    MC2,
    NAME,
    TRUTHFULNESS,
    question,
    shuffled,
)

PRIMER = Path(__file__).with_name("primer.txt")
SOURCE, LICENCE = "TruthfulQA (github.com/sylinrl/TruthfulQA)", "Apache-2.0"


def read_truthfulqa(record: Columns) -> list[EvaluationItem]:
    """A record of ``mc_task.json`` as three forms of one item.

    The binary form, which its authors advise, has the right answer of MC1 and the first wrong one, as the
    file does not say which wrong answer is best. Raises Rejected where targets are not texts marked 0 or 1.
    """
    asked = text_of(record, "question")
    mc1, mc2 = (_targets(record, name) for name in ("mc1_targets", "mc2_targets"))
    right = [answer for answer, mark in mc1.items() if mark]
    if len(right) != 1:
        raise Rejected(
            "mc1_targets have not one right answer", f"mc1_targets have {len(right)} right answers"
        )
    if mc2.get(right[0]) != 1:
        raise Rejected("the right answer of mc1_targets is not right in mc2_targets")
    wrong = next(answer for answer, mark in mc1.items() if not mark)
    forms = {BINARY: {right[0]: 1, wrong: 0}, MC1: mc1, MC2: mc2}
    return [_item(asked, variant, targets) for variant, targets in forms.items()]


def _targets(record: Columns, name: str) -> Mapping[str, int]:
    targets: Value = record.get(name)
    if not isinstance(targets, dict) or not all(isinstance(mark, int) for mark in targets.values()):
        raise Rejected(f"{name} is not an object of answers with 0 or 1")
    if set(targets.values()) != {0, 1} or not all(map(is_seen, targets)):
        raise Rejected(f"{name} has no right or no wrong answer")
    return targets


def _item(asked: str, variant: str, targets: Mapping[str, int]) -> EvaluationItem:
    item_id = content_id(NAME, asked)
    return EvaluationItem(
        suite=NAME,
        item_id=item_id,
        variant=variant,
        cluster=item_id,
        category=TRUTHFULNESS,
        messages=said(f"{_primer()}\n\n{question(asked)}"),
        choices=shuffled(asked, list(targets)),
        gold=[answer for answer, mark in targets.items() if mark],
        source=SOURCE,
        licence=LICENCE,
    )


@cache
def _primer() -> str:
    return PRIMER.read_text(encoding="utf-8").strip()
