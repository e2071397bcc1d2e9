"""Rules: principles that a program decides, without a call of any judge (Mu et al. 2024).

A rule measures a response: its form, words, language, length, whether it refuses, how far it takes up the
prompt, whether it was thought over, or whatever a plug-in says, or a program that runs in the sandbox. Of two
responses the one that keeps it is better.
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from unicodedata import normalize

import regex
from pydantic import Field, model_validator

from datasets_registry.documents import faults
from datasets_registry.errors import BadInput, first_line
from datasets_registry.plugins import modules_of, plugged
from generation.request import Message
from methods.judging.comparison import Order
from methods.judging.plugged import KIND, decide
from methods.judging.verdict import Verdict
from methods.reading.languages import LEAST_PROBABILITY, likeliest_language
from methods.reading.refusals import read_refusal
from methods.sandbox.run import Limits, failure
from methods.verifiers.format import FormatRules, first_broken, require_possible, require_usable

# the marks of letters belong to their word, which `re` does not know
_WORD = regex.compile(r"\w+")
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
    thinks: bool | None = Field(None, description="Whether the model thinks before it answers")
    plugin: str | None = Field(
        None, description="A function of a plug-in's RULES, as MODULE:RULE, of a prompt and a response"
    )
    program: str | None = Field(
        None, description="Python that defines keeps(prompt, response), which returns True or False"
    )

    @model_validator(mode="after")
    def _is_usable(self) -> "Rule":
        with faults():
            require_usable(self)
            require_possible(self)
            if self.program is not None:
                _require_program(self.program)
            if self.plugin is not None:
                plugged(KIND, self.plugin)
        return self

    @property
    def modules(self) -> tuple[str, ...]:
        """The modules of plug-ins that decide it."""
        return modules_of(KIND, self.plugin) if self.plugin is not None else ()

    @property
    def needs_two(self) -> bool:
        """Whether it can only be said of one response beside another."""
        return self.shorter is not None


@dataclass(frozen=True)
class Kept:
    """Whether a response keeps a rule, or why that cannot be decided."""

    kept: bool | None
    reason: str | None = None


def keeps(
    rule: Rule,
    messages: Sequence[Message],
    response: str,
    other: str | None = None,
    *,
    thinks: bool | None = None,
) -> Kept:
    """Whether ``response`` to ``messages`` keeps ``rule``; ``other`` is the response beside it.

    ``thinks`` says whether the response was thought over, where that is known.
    """
    text, prompt = response.strip(), messages[-1].content
    if first_broken(text, rule.model_copy(update={"language": None})) is not None:
        return Kept(False)
    undecided = None
    for part in _parts(rule, prompt, response, other, thinks):
        if part.kept is False:
            return part
        undecided = undecided or (part if part.kept is None else None)
    return undecided or Kept(True)


def judge_by_rule(
    rule: Rule,
    messages: Sequence[Message],
    a: str,
    b: str,
    thinks: tuple[bool | None, bool | None] = (None, None),
) -> dict[Order, Verdict]:
    """The verdicts in both orders: the response that keeps the rule, or neither where both or none do.

    ``thinks`` says of each whether it was thought over.
    """
    sides = [
        keeps(rule, messages, a, b, thinks=thinks[0]),
        keeps(rule, messages, b, a, thinks=thinks[1]),
    ]
    return {"ab": _verdict(*sides), "ba": _verdict(*reversed(sides))}


def _parts(rule: Rule, prompt: str, response: str, other: str | None, thinks: bool | None) -> Iterator[Kept]:
    """Whether each part of the rule that is not of form is kept, the cheapest first."""
    text = response.strip()
    if rule.thinks is not None:
        yield (
            Kept(None, "whether it was thought over is not recorded")
            if thinks is None
            else Kept(thinks == rule.thinks)
        )
    if rule.language is not None:
        language, probability = likeliest_language(text)
        yield (
            Kept(language == rule.language)
            if probability >= LEAST_PROBABILITY
            else Kept(None, "its language is unclear")
        )
    if rule.prompt_words is not None:
        yield Kept(len(_words(prompt) & _words(text)) >= rule.prompt_words)
    if rule.shorter is not None and other is not None:
        yield Kept((_length(text) < _length(other)) == rule.shorter)
    if rule.refuses is not None:
        refusal = read_refusal(text)
        yield (
            Kept(refusal.refused == rule.refuses)
            if refusal.sure
            else Kept(None, "phrases leave open whether it refuses")
        )
    if rule.plugin is not None:
        yield Kept(*decide(rule.plugin, prompt, response))
    if rule.program is not None:
        yield _run(rule.program, prompt, response)


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
    words: list[str] = _WORD.findall(normalize("NFC", text))
    return {word.casefold() for word in words if len(word) >= LEAST_LETTERS}


def _length(text: str) -> int:
    return len(_WORD.findall(text))


@lru_cache(maxsize=4096)
def _run(program: str, prompt: str, response: str) -> Kept:
    """What the program says, run in the sandbox; an error of the program decides nothing."""
    call = f"keeps({prompt!r}, {response!r})"
    if failure(program, f"assert {call} is True", _LIMITS) is None:
        return Kept(True)
    check = f"assert {call} is False"
    reason = failure(program, check, _LIMITS)
    if reason is None:
        return Kept(False)
    if reason == f"`{check}` fails":
        reason = "keeps gives neither True nor False"
    return Kept(None, f"the rule's program: {reason}")


def _require_program(program: str) -> None:
    """Raise BadInput where a program is no Python, or defines no ``keeps``."""
    try:
        body = ast.parse(program).body
    except (SyntaxError, ValueError, RecursionError) as error:
        raise BadInput(f"the rule's program is no Python ({first_line(error)}): correct it") from error
    if not any(isinstance(part, ast.FunctionDef) and part.name == "keeps" for part in body):
        raise BadInput(
            f"the rule's program defines no keeps: begin it with `def keeps(prompt, response):`, not with "
            f"{program.strip()[:40]!r}"
        )
