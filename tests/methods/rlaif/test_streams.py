"""Rows of judges do not depend on how many calls are under way, nor on the order of answers."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from datasets_registry.errors import OverBudget
from datasets_registry.rows.judges import CompletionScore
from datasets_registry.rows.prompts import RedTeamPrompt
from datasets_registry.rows.rlaif import AiJudgement, CompletionPair
from generation.completer import Completer
from generation.scripted import ScriptedBackend
from generation.spending import Budget, Meter
from methods.method import Model
from methods.rlaif.judgements import AI_JUDGEMENTS, JudgementSettings
from methods.rlaif.pairs import COMPLETION_PAIRS, PairSettings
from methods.rlaif.scores import AI_SCORES, CompletionScoreSettings
from tests.generation.streaming.test_flow import Feeding
from tests.methods.graphless import MemoryInputs, Metered, ModelsByRole, ScriptedModel, rows_of
from tests.methods.rlaif.test_methods import BEST_WORST, PRINCIPLES, PROMPTS, SAMPLED, script
from tests.rows import make

# of each prompt the second completion of a pair is the first of the next
PAIRS = [
    make(
        CompletionPair,
        f"p{number // 4}",
        pair_id=f"pair {number:02}",
        kind=("helpful", "red_team")[number // 4 % 2],
        completion_a=f"text {number // 4} {number}",
        completion_b=f"text {number // 4} {number + 1}",
        key_a=f"key {number // 4} {number}",
        key_b=f"key {number // 4} {number + 1}",
        failure="completion a: empty" if number % 5 == 4 else None,
    )
    for number in range(12)
]
JUDGED = JudgementSettings(principles=PRINCIPLES, reasoning_tokens=4)
SCORED = CompletionScoreSettings(
    signals={"helpful": ("helpfulness", "honesty"), "red_team": ("harmlessness",)}
)
INPUTS = MemoryInputs({"completion_pairs": PAIRS})


def roles(folder: Path, backend: Callable[[], ScriptedBackend], meter: Meter | None = None) -> ModelsByRole:
    """Two judges, who share a meter; the first samples too, and the second scores."""
    judges: list[Model] = [
        Metered(name, folder / name, backend=backend(), meter=meter or Meter())
        for name in ("judge_a", "judge_b")
    ]
    return ModelsByRole({"judges": judges, "judge": judges[1:], "policy": judges[:1]})


@pytest.mark.parametrize("window", [1, 3, 4_096])
def test_rows_are_the_same_in_their_order_however_calls_are_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, window: int
) -> None:
    at_once = roles(tmp_path, lambda: ScriptedBackend(script))
    judgements: list[AiJudgement] = rows_of(AI_JUDGEMENTS, JUDGED, INPUTS, at_once)
    scores: list[CompletionScore] = rows_of(AI_SCORES, SCORED, INPUTS, at_once)
    assert len(judgements) == 2 * 2 * 10 and all(row.reasoning for row in judgements)
    for module in ("judgements", "scores"):
        monkeypatch.setattr(f"methods.rlaif.{module}.WINDOW", window)
    monkeypatch.setattr("methods.rlaif.scores.LOOKED_AT", window)
    for number, backend in enumerate((Feeding, ScriptedBackend)):
        given = roles(tmp_path / str(number), lambda: backend(script))  # noqa: B023
        assert rows_of(AI_JUDGEMENTS, JUDGED, INPUTS, given) == judgements
        assert rows_of(AI_SCORES, SCORED, INPUTS, given) == scores
    assert len({(row.completion_key, row.signal) for row in scores}) == len(scores) == 2 * 5 + 4 + 2 * 5


@pytest.mark.parametrize("how", [SAMPLED, SAMPLED | BEST_WORST])
def test_pairs_are_the_same_in_their_order_however_samples_are_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: dict[str, Any]
) -> None:
    settings = PairSettings.model_validate(how)
    # of both sets, some prompts in both
    both = [make(RedTeamPrompt, f"h{number}") for number in (0, 2)]
    inputs = MemoryInputs(PROMPTS | {"red_team_prompts": [*PROMPTS["red_team_prompts"], *both]})
    expected = rows_of(COMPLETION_PAIRS, settings, inputs, roles(tmp_path, lambda: ScriptedBackend(script)))
    assert [row.prompt_id for row in expected] == sorted(row.prompt_id for row in expected)
    assert len({row.pair_id for row in expected}) == len(expected) >= 6
    assert {row.prompt_id: row.kind for row in expected}["h1"] == "helpful"
    monkeypatch.setattr("methods.rlaif.pairs.WINDOW", 5)
    fed = roles(tmp_path / "fed", lambda: Feeding(script))
    assert rows_of(COMPLETION_PAIRS, settings, inputs, fed) == expected


def test_a_judge_of_samples_is_opened_when_the_policy_is_closed(tmp_path: Path) -> None:
    opened: list[str] = []

    @dataclass(frozen=True)
    class Watched(ScriptedModel):
        """Says when it is opened and closed."""

        @contextmanager
        def completer(self) -> Iterator[Completer]:
            opened.append(f"{self.name} opened")
            with super().completer() as complete:
                yield complete
            opened.append(f"{self.name} closed")

    watched = {role: [Watched(role, tmp_path / role, script)] for role in ("policy", "judge")}
    settings = PairSettings.model_validate(SAMPLED | BEST_WORST)
    assert len(rows_of(COMPLETION_PAIRS, settings, MemoryInputs(PROMPTS), ModelsByRole(watched))) == 6
    assert opened == ["policy opened", "policy closed", "judge opened", "judge closed"]


def test_all_judges_together_are_held_to_the_budget_before_one_is_asked(tmp_path: Path) -> None:
    how = JUDGED.model_copy(update={"reasoning_tokens": None})
    unlimited = roles(tmp_path / "a", lambda: Feeding(script))
    rows = rows_of(AI_JUDGEMENTS, how, INPUTS, unlimited)
    meter = Meter(budget=Budget(max_tokens=1_500))
    refused = roles(tmp_path / "b", lambda: Feeding(script), meter)
    with pytest.raises(OverBudget, match=r"test: calls of judges needs about [\d.]+ k tokens"):
        rows_of(AI_JUDGEMENTS, how, INPUTS, refused)
    assert meter.tokens == 0
    one_judge = ModelsByRole({"judges": refused.roles["judges"][:1]})
    assert rows_of(AI_JUDGEMENTS, how, INPUTS, one_judge) == rows[: len(rows) // 2]
