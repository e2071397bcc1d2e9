"""Policies that are scripts, and trees of problems answered by them."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from datasets_registry.rows.imported import Problem
from datasets_registry.rows.oversight.amplified import AmplifiedAnswer
from generation.request import Completion, Request, SamplingParams
from generation.scripted import Script
from methods.oversight.amplification.answers import AMPLIFIED_ANSWERS
from methods.oversight.amplification.settings import AmplificationSettings
from tests.methods.graphless import MemoryInputs, ModelsByRole, ScriptedModel, rows_of
from tests.rows import make

SHORT = SamplingParams(max_tokens=8)
ONE = AmplificationSettings(votes=1, answers=SHORT)
BY_MODEL: dict[str, Any] = {"decomposer": "model", "votes": 1, "answers": SHORT}


def text_of(request: Request) -> str:
    """What the user says."""
    return request.messages[-1].content


def largest_of_two(request: Request) -> str:
    """Knows the larger of two numbers, and of more takes the first."""
    numbers = re.findall("[0-9]+", text_of(request))
    return f"A:{max(numbers, key=int) if len(numbers) == 2 else numbers[0]}"


def adds_two(request: Request) -> str:
    """Adds two numbers in a step of its own, and guesses 0 for more."""
    numbers = list(map(int, re.findall("[0-9]+", text_of(request))))
    if len(numbers) != 2:
        return "A:0"
    return f"{numbers[0]}+{numbers[1]}={sum(numbers)}\nA:{sum(numbers)}"


def problem(prompt: str, answer: str, **fields: Any) -> Problem:
    """A training problem of this text."""
    return make(Problem, prompt, prompt=prompt, answer=answer, problem_id=prompt, **fields)


def amplified(
    problems: Sequence[Problem],
    folder: Path,
    policy: Script = largest_of_two,
    settings: AmplificationSettings = ONE,
    decomposer: Script = lambda request: "none",
) -> list[AmplifiedAnswer]:
    """The rows of the method, by models behind a ledger in ``folder``."""
    roles = {
        "policy": ScriptedModel("policy", folder, policy),
        "decomposer": ScriptedModel("decomposer", folder, decomposer),
    }
    models = ModelsByRole({role: (model,) for role, model in roles.items()})
    return rows_of(AMPLIFIED_ANSWERS, settings, MemoryInputs({"problems": problems}), models)


def root(rows: Sequence[AmplifiedAnswer]) -> AmplifiedAnswer:
    """The only root."""
    (row,) = [row for row in rows if row.parent_id is None]
    return row


def counting(asked: list[str], script: Script, stop_at: int | None = None) -> Script:
    """The script, which lists what it is asked and is killed at ``stop_at``."""

    def answer(request: Request) -> str | Completion:
        if stop_at is not None and len(asked) == stop_at:
            raise KeyboardInterrupt
        asked.append(request.model_dump_json())
        return script(request)

    return answer


def halves(request: Request) -> str:
    """Names both halves of the numbers, and leaves two of them as they are."""
    numbers = text_of(request).split("> ")[1].split("?")[0].split(":")
    if len(numbers) <= 2:
        return "none"
    middle = len(numbers) // 2
    return "\n".join(f"- {':'.join(half)}?" for half in (numbers[:middle], numbers[middle:]))
