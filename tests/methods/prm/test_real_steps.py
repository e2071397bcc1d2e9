"""SmolLM2 goes on from a solution's first steps, and names a first wrong step, through the ledger."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from datasets_registry.rows.prm import Solution
from generation.backends import open_backend
from generation.completer import Completer
from generation.engine import EngineSettings
from generation.ledger.ledger import Ledger
from generation.request import SamplingParams
from methods.prm.judge import StepJudgeSettings, judge_steps
from methods.prm.labels import label_steps
from methods.prm.rollouts import sample_rollouts
from methods.prm.settings import StepRolloutSettings
from methods.verifiers.contract import VerifierSettings
from methods.verifiers.verifier import verifier
from tests.rows import make

pytestmark = pytest.mark.model
STEPS = ["2 + 3 = 5", "5 + 4 = 10", "Answer: 10"]
SOLUTION = make(
    Solution,
    "sum",
    solution_id="s",
    prompt="What is 2 + 3 + 4? Write each addition on a line.",
    answer="9",
    completion="\n".join(STEPS),
    completions=STEPS,
    accepted=False,
    reason="10 is not 9",
)
SETTINGS = StepRolloutSettings(
    method="exhaustive",
    early_stop="none",
    num_rollouts=3,
    confirm=0,
    rollouts=SamplingParams(temperature=0.7, max_tokens=24),
)


@pytest.fixture(scope="module")
def complete(smollm2: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Completer]:
    """SmolLM2 behind a ledger."""
    backend = open_backend("transformers", smollm2, EngineSettings(batch_size=8))
    ledger = Ledger(tmp_path_factory.mktemp("steps") / "ledger")
    yield Completer(backend, ledger, asset="test", report=lambda _: None)
    backend.close()


def test_rollouts_are_verified_and_kept(complete: Completer) -> None:
    model, verify = complete.backend.fingerprint, verifier(VerifierSettings(kind="maths"))
    rows = list(sample_rollouts([SOLUTION], complete, model, "smollm2", verify, SETTINGS))
    assert [(row.step, row.sample) for row in rows] == [(step, n) for step in (1, 2) for n in range(3)]
    assert len({row.completion_key for row in rows}) == 6 and any(row.completion.strip() for row in rows)
    assert all((row.reason is None) == bool(row.accepted) for row in rows)
    (labels,) = label_steps([SOLUTION], rows, "smollm2", SETTINGS)
    assert labels.num_rollouts == [3, 3, 1] and labels.labels[2] is False
    generated = complete.num_generated
    assert list(sample_rollouts([SOLUTION], complete, model, "smollm2", verify, SETTINGS)) == rows
    assert complete.num_generated == generated


@pytest.mark.parametrize("reasoning_tokens", [None, 16])
def test_a_judge_names_a_step_or_says_why_not(complete: Completer, reasoning_tokens: int | None) -> None:
    settings = StepJudgeSettings(reasoning_tokens=reasoning_tokens)
    verdict = judge_steps([SOLUTION], complete, complete.backend.fingerprint, settings)["s"]
    assert (verdict.first_error is None) != (verdict.failure is None)
    assert verdict.first_error is None or 0 <= verdict.first_error <= 3
