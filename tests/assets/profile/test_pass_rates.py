"""Pass rates and problems of a band in a profile: what they declare, and what is refused."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from assets.building.declared import Dataset
from datasets_registry.errors import BadInput
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.row import from_table, to_table
from datasets_registry.rows.scored.pass_rates import BandedProblem, PromptPassRate
from tests.assets.graphs import Declaration, declared, run
from tests.assets.mutations import Place, changed
from tests.assets.profile_fields import small

BANDED: dict[Place, object] = {
    ("rft", "pass_rates"): {"band": [0.3, 0.7]},
    ("models", "banded_policy"): {"trainer": "grpo", "base": "lab_policy", "dataset": "banded_problems"},
}


def with_rates(folder: Path, changes: dict[Place, object]) -> Declaration:
    """What the small profile declares with a band of problems and these changes."""
    return declared(changed(changed(small("laptop", folder), BANDED), changes))


def test_candidates_give_rates_and_rates_give_problems_to_train_on(tmp_path: Path) -> None:
    declaration = with_rates(tmp_path, {})
    datasets = declaration.datasets
    problems = run(datasets["problems"], {}).rows
    candidates = run(datasets["candidates"], {"problems": problems, "gold_verdicts": []}).rows
    rates = run(datasets["prompt_pass_rates"], {"candidates": candidates}).rows
    kept = run(datasets["banded_problems"], {"problems": problems, "prompt_pass_rates": rates}).rows
    assert len(rates) == 6 and all(isinstance(row, PromptPassRate) for row in rates)
    expected = {row.problem_id for row in rates if isinstance(row, PromptPassRate) and row.place == "kept"}
    assert {row.problem_id for row in kept if isinstance(row, BandedProblem)} == expected != set()
    # candidates of a later round take them as problems
    assert len(from_table(Problem, to_table(BandedProblem, kept))) == len(kept)
    assert "banded_problems" in declaration.recipes["banded_policy"].inputs


def test_the_band_changes_the_rates_and_no_sample(tmp_path: Path) -> None:
    before = with_rates(tmp_path, {})
    after = with_rates(tmp_path, {("rft", "pass_rates", "band"): "none"})
    assert before.differing(after) == {"prompt_pass_rates"}
    banded = after.datasets["banded_problems"]
    assert isinstance(banded, Dataset) and banded.guards == ("gold_verdicts",)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({("rft", "pass_rates", "band"): [0.7, 0.3]}, "is no range of rates"),
        (
            {("rft", "pass_rates", "policy"): "base_policy"},
            "pass_rates.policy is 'base_policy', and candidates",
        ),
        (
            {("rft", "candidates", "policies"): ["lab_policy", "cold_start_policy"]},
            "candidates are of lab_policy, cold_start_policy: name the one",
        ),
        ({("rft", "pass_rates", "round"): 1}, r"round is of \[rounds.NAME\]"),
    ],
)
def test_rates_that_choose_nothing_are_refused(
    changes: dict[Place, object], said: str, tmp_path: Path
) -> None:
    with pytest.raises((ValidationError, BadInput), match=said):
        with_rates(tmp_path, changes)
