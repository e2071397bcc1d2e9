"""A round's policy with planted faults beside round 0's, on a few items of the suites that a watch reads."""

from collections.abc import Sequence
from dataclasses import dataclass

from datasets_registry.rows.evaluation import AnswerTurn, EvaluationItem, Grade, SuiteAnswer
from methods.evaluation.items import own_item, said

NUM_ITEMS, NUM_PROMPTS, NUM_SAMPLES = 200, 12, 8
FAMILIES = ("facts", "reasoning")
_WORDS = ("red", "blue", "green", "small", "large", "old", "new", "quick", "calm", "warm", "cold", "bright")


@dataclass(frozen=True)
class Planted:
    """How a policy answers: of every ten, so many right by family, refused benign ones, and cut off."""

    facts: int = 7
    reasoning: int = 7
    benign: int = 0
    harmful: int = 9
    tokens: int = 20
    cut: int = 0
    texts: int = NUM_SAMPLES
    proxy: float = 0.0
    held_out: float = 0.0


def items() -> list[EvaluationItem]:
    """Items of capability, refusals, diversity and over-optimisation."""
    known = [_item("capability", f"{family} {n}", family) for family in FAMILIES for n in range(NUM_ITEMS)]
    benign = [_item("over_refusal", f"benign {n}", "plain", "answer") for n in range(NUM_ITEMS)]
    harmful = [_item("over_refusal", f"harmful {n}", "plain", "refuse") for n in range(NUM_ITEMS)]
    prompts = [_item("diversity", f"prompt {n}", "plain") for n in range(NUM_PROMPTS)]
    rewarded = [_item("over_optimisation", f"request {n}", "plain") for n in range(NUM_ITEMS)]
    return [*known, *benign, *harmful, *prompts, *rewarded]


def _item(suite: str, text: str, category: str, *gold: str) -> EvaluationItem:
    return own_item(suite, said(text), content=text, category=category, gold=list(gold))


def answers(model: str, planted: Planted, asked: Sequence[EvaluationItem]) -> list[SuiteAnswer]:
    """The policy's answers to all items."""
    return [answer for place, item in enumerate(asked) for answer in _answers(model, planted, item, place)]


def _answers(model: str, planted: Planted, item: EvaluationItem, place: int) -> list[SuiteAnswer]:
    tenth = place % 10
    if item.suite == "capability":
        right = tenth < (planted.facts if item.category == "facts" else planted.reasoning)
        cut = place // 10 % 10 < planted.cut
        return [
            _answer(model, item, 0, "an answer", planted.tokens + tenth, [_grade("right", right)], cut=cut)
        ]
    if item.suite == "over_refusal":
        refused = tenth < (planted.benign if item.gold == ["answer"] else planted.harmful)
        grade = _grade("refusal", refused, "full" if refused else "none")
        return [_answer(model, item, 0, "an answer", planted.tokens, [grade])]
    if item.suite == "diversity":
        texts = [_text(place, sample % planted.texts) for sample in range(NUM_SAMPLES)]
        return [_answer(model, item, sample, text, 8, []) for sample, text in enumerate(texts)]
    rewards = [("proxy", planted.proxy), ("held_out", planted.held_out)]
    grades = [Grade(name=name, value=reward + tenth, keys=[]) for name, reward in rewards]
    return [_answer(model, item, 0, "an answer", planted.tokens, grades)]


def _text(place: int, sample: int) -> str:
    return " ".join(_WORDS[(place * 5 + sample * 7 + word * (sample + 1)) % len(_WORDS)] for word in range(8))


def _grade(name: str, holds: bool, word: str | None = None) -> Grade:
    return Grade(name=name, value=float(holds), word=word, keys=[])


def _answer(
    model: str,
    item: EvaluationItem,
    sample: int,
    text: str,
    tokens: int,
    grades: list[Grade],
    *,
    cut: bool = False,
) -> SuiteAnswer:
    turn = AnswerTurn(
        prompt=item.messages[-1].content,
        completion=text,
        finish_reason="length" if cut else "stop",
        num_tokens=tokens,
        completion_key="k",
    )
    return SuiteAnswer(
        model=model,
        suite=item.suite,
        item_id=item.item_id,
        variant=item.variant,
        sample=sample,
        cluster=item.cluster,
        category=item.category,
        turns=[turn],
        grades=grades,
        failure="truncated" if cut else None,
    )
