"""Rules: principles that a program decides, without a call of any judge (Mu et al. 2024).

A rule measures a response: its form, words, language, length, whether it refuses, how far it takes up the
prompt, or whatever a program says that runs in the sandbox. Of two responses the one that keeps it is better.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from pydantic import Field, model_validator

from datasets_registry.documents import faults
from generation.request import Message
from methods.judging.comparison import Order
from methods.judging.verdict import Verdict
from methods.reading.refusals import read_refusal
from methods.sandbox.run import Limits, failure
from methods.verifiers.format import FormatRules, first_broken, require_usable

_WORD = re.compile(r"\w+")
# shorter words say little of what a prompt is about
LEAST_LETTERS = 4
_LIMITS = Limits()


class Rule(FormatRules):
    """What a response must be; fields that are left out do not apply, and all that are set must hold."""

    refuses: bool | None = Field(None, description="Whether it refuses, as far as phrases can tell")
    prompt_words: int | None = Field(
        None, ge=1, description="Least number of the prompt's words, of four letters or more, that it uses"
    )
    shorter: bool | None = Field(None, description="Whether it has fewer words than the other response")
    program: str | None = Field(
        None, description="Python that defines keeps(prompt, response), which returns True or False"
    )

    @model_validator(mode="after")
    def _is_usable(self) -> "Rule":
        with faults():
            require_usable(self)
        return self

    @property
    def needs_two(self) -> bool:
        """Whether it can only be said of one response beside another."""
        return self.shorter is not None


@dataclass(frozen=True)
class Kept:
    """Whether a response keeps a rule, or why that cannot be decided."""

    kept: bool | None
    reason: str | None = None


def keeps(rule: Rule, messages: Sequence[Message], response: str, other: str | None = None) -> Kept:
    """Whether ``response`` to ``messages`` keeps ``rule``; ``other`` is the response beside it."""
    text, prompt = response.strip(), messages[-1].content
    if first_broken(text, rule) is not None:
        return Kept(False)
    if rule.prompt_words is not None and len(_words(prompt) & _words(text)) < rule.prompt_words:
        return Kept(False)
    if rule.shorter is not None and other is not None and (_length(text) < _length(other)) != rule.shorter:
        return Kept(False)
    if rule.refuses is not None:
        refusal = read_refusal(text)
        if not refusal.sure:
            return Kept(None, "phrases leave open whether it refuses")
        if refusal.refused != rule.refuses:
            return Kept(False)
    return Kept(True) if rule.program is None else _run(rule.program, prompt, response)


def judge_by_rule(rule: Rule, messages: Sequence[Message], a: str, b: str) -> dict[Order, Verdict]:
    """The verdicts in both orders: the response that keeps the rule, or neither where both or none do."""
    sides = [keeps(rule, messages, a, b), keeps(rule, messages, b, a)]
    return {"ab": _verdict(*sides), "ba": _verdict(*reversed(sides))}


def _verdict(first: Kept, second: Kept) -> Verdict:
    undecided = next((side.reason for side in (first, second) if side.kept is None), None)
    if undecided is not None:
        return Verdict(asked="rule", failure=undecided)
    ahead = int(bool(first.kept)) - int(bool(second.kept))
    verdicts = {1: "first", 0: "even", -1: "second"}
    return Verdict.model_validate(
        {"asked": "rule", "p_first": (1 + ahead) / 2, "outside_probability": 0.0, "verdict": verdicts[ahead]}
    )


def _words(text: str) -> set[str]:
    return {word for word in map(str.casefold, _WORD.findall(text)) if len(word) >= LEAST_LETTERS}


def _length(text: str) -> int:
    return len(_WORD.findall(text))


@lru_cache(maxsize=4096)
def _run(program: str, prompt: str, response: str) -> Kept:
    """What the program says, run in the sandbox; an error of the program decides nothing."""
    call = f"keeps({prompt!r}, {response!r})"
    if failure(program, f"assert {call} is True", _LIMITS) is None:
        return Kept(True)
    reason = failure(program, f"assert {call} is False", _LIMITS)
    return Kept(False) if reason is None else Kept(None, f"the rule's program: {reason}")
