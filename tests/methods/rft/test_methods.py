"""The methods of rejection sampling: what their roles and settings give, and what their recipes hold."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from datasets_registry.errors import BadInput
from datasets_registry.rows.imported import Problem
from datasets_registry.rows.rft import Candidate, GoldSolution
from generation.cards.turns import Tenant
from generation.cards.visible import visible_cards
from generation.completer import Completer
from generation.request import Completion, Request
from generation.scoring import outcomes
from generation.scripted import chosen, completing
from methods.judging.score import ScoreSettings
from methods.problems.families import PROBLEMS, FamilySettings, ProblemSettings
from methods.problems.gold import GOLD_SOLUTIONS, GoldSettings, gold_solutions
from methods.problems.gold_verdicts import GOLD_VERDICTS, gold_verdicts
from methods.rft.candidates import (
    CANDIDATES,
    CandidateSettings,
    VerifiedCandidateSettings,
    candidate_settings,
)
from methods.rft.sampling import sample_candidates
from methods.rft.selections import RFT_SELECTIONS, SelectionSettings, select
from methods.rft.stopping import StoppingRule
from methods.rft.verified_pairs import VERIFIED_PAIRS, VerifiedPairSettings, verified_pairs
from methods.verifiers.contract import VerifierSettings
from methods.verifiers.verifier import verifier
from tests.methods.graphless import MemoryInputs, ModelsByRole, ScriptedModel, rows_of
from tests.methods.rft.test_candidates import Longest
from tests.methods.solving import solving, sums
from tests.rows import make

MATHS = VerifierSettings(kind="maths")
SCORES = ScoreSettings(max_outside_probability=0.9)
POLICIES = {"round_01/policy": 0.3, "lab_policy": 0.7}


def settings(**fields: Any) -> VerifiedCandidateSettings:
    """Four samples for each of six problems."""
    given = {"rule": StoppingRule(max_draws=4), "number": 6} | fields
    return candidate_settings(CandidateSettings.model_validate(given), MATHS, SCORES)


def policies(folder: Path) -> list[ScriptedModel]:
    """Two policies, of which each is right at its rate."""
    return [ScriptedModel(name, folder / name, solving(rate)) for name, rate in POLICIES.items()]


def sampled(folder: Path, how: VerifiedCandidateSettings, **models: ScriptedModel) -> list[Candidate]:
    """The candidates of both policies for twenty sums."""
    roles = {"policies": policies(folder)} | {role: [model] for role, model in models.items()}
    return rows_of(CANDIDATES, how, MemoryInputs({"problems": sums(20, 5)}), ModelsByRole(roles))


def test_every_policy_is_sampled_for_the_same_problems(tmp_path: Path) -> None:
    rows = sampled(tmp_path, settings())
    problem_ids = {row.problem_id for row in rows}
    assert len(problem_ids) == 6 and len(rows) == 2 * 6 * 4
    problems = sorted(
        (problem for problem in sums(20) if problem.problem_id in problem_ids),
        key=lambda problem: problem.problem_id,
    )
    for model in policies(tmp_path):
        with model.completer() as complete:
            key = complete.backend.fingerprint
            alone = sample_candidates(problems, complete, key, model.name, verifier(MATHS), settings())
            assert [row for row in rows if row.policy == model.name] == list(alone)


def test_too_few_problems_are_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"lower rft\.candidates\.number"):
        sampled(tmp_path, settings(number=21))


def test_a_judge_rewards_where_it_is_asked_to(tmp_path: Path) -> None:
    judge = ScriptedModel(
        "judge",
        tmp_path,
        lambda request: chosen(*[0.5 if place == 6 else 0 for place in range(len(request.choices))]),
    )
    rows = sampled(tmp_path, settings(reward="judge"), judge=judge)
    assert {row.reward for row in rows} == {7.0}


def test_a_reward_model_is_read_from_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Path] = []

    class Scorer(Longest):
        def __init__(self, folder: Path, base: Path | None) -> None:
            opened.extend([folder, *([base] if base else [])])

        def close(self) -> None:
            opened.append(Path("closed"))

    monkeypatch.setattr(outcomes, "OutcomeScorer", Scorer)
    model = ScriptedModel("reward_model", tmp_path / "weights", base_folder=tmp_path / "base")
    rows = sampled(tmp_path, settings(reward="reward_model"), reward_model=model)
    assert opened == [tmp_path / "weights", tmp_path / "base", Path("closed")]
    expected = [None if len(row.completion) > 20 else float(len(row.completion)) for row in rows]
    assert [row.reward for row in rows] == expected


@dataclass(frozen=True)
class Noticed(ScriptedModel):
    """A model that notes down when it is opened and closed."""

    spells: list[str] = field(default_factory=list)

    @contextmanager
    def completer(self) -> Iterator[Completer]:
        """The script behind the ledger."""
        self.spells.append(f"{self.name} begins")
        with super().completer() as complete:
            yield complete
        self.spells.append(f"{self.name} ends")


def test_a_judge_is_opened_once_and_after_every_policy_is_done(tmp_path: Path) -> None:
    spells: list[str] = []
    drawing = [Noticed(name, tmp_path / name, solving(rate), spells) for name, rate in POLICIES.items()]
    judge = Noticed("judge", tmp_path, lambda request: chosen(*[0.1] * len(request.choices)), spells)
    how = settings(reward="judge", rule=StoppingRule(until="accepted", max_draws=8))
    rows = rows_of(
        CANDIDATES,
        how,
        MemoryInputs({"problems": sums(20, 5)}),
        ModelsByRole({"policies": drawing, "judge": [judge]}),
    )
    # several rounds of draws, and rewards of each problem that stopped, but one turn of each model
    assert len({row.num_draws for row in rows}) > 1
    names = [*POLICIES, "judge"]
    assert spells == [f"{name} {moment}" for name in names for moment in ("begins", "ends")]


def test_an_idle_engine_leaves_before_a_reward_model_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[str] = []

    class Scorer(Longest):
        def __init__(self, folder: Path, base: Path | None) -> None:
            left.append("reward model loaded")

        def close(self) -> None:
            """Nothing was loaded."""

    monkeypatch.setattr(outcomes, "OutcomeScorer", Scorer)
    engine = Tenant("a policy's engine", visible_cards(), 0.9, lambda: left.append("engine left"))
    with engine.at_work():
        pass
    model = ScriptedModel("reward_model", tmp_path / "weights")
    sampled(tmp_path, settings(reward="reward_model"), reward_model=model)
    assert left == ["engine left", "reward model loaded"]


def test_the_settings_hold_scores_for_a_judge_alone() -> None:
    assert settings().scores is None and settings(reward="judge").scores == SCORES
    with pytest.raises(ValueError, match="scores are for reward = 'judge'"):
        VerifiedCandidateSettings(verifier=MATHS, scores=SCORES)


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({}, set()),
        ({"num_rationalisations": 1}, {"hint"}),
        ({"system_prompt": "brief"}, {"brief"}),
        ({"reward": "judge"}, {"answer_score", "score", "score_helpfulness"}),
        ({"reward": "reward_model"}, set()),
    ],
)
def test_the_declared_templates_are_those_that_are_filled(fields: dict[str, Any], names: set[str]) -> None:
    assert set(CANDIDATES.prompts(settings(**fields))) == names


def test_a_template_that_is_not_declared_is_refused(tmp_path: Path) -> None:
    never = ScriptedModel("never", tmp_path, lambda request: "A:none")
    models = ModelsByRole({"policies": [never]})
    inputs = MemoryInputs({"problems": sums(20)})
    how = settings(num_rationalisations=2)
    assert sum(row.hinted for row in rows_of(CANDIDATES, how, inputs, models)) == 12
    undeclared = replace(CANDIDATES, prompts=lambda settings: ())
    with pytest.raises(BadInput, match="'hint' is not declared"):
        rows_of(undeclared, how, inputs, models)


def test_candidates_come_in_tables_while_they_are_sampled(tmp_path: Path) -> None:
    def script(request: Request) -> str | Completion:
        requests.append(request)
        return solving(1.0)(request)

    requests: list[Request] = []
    models = ModelsByRole(
        {"policies": [ScriptedModel(name, tmp_path / name, script) for name in ("first", "second")]}
    )
    tables = iter(CANDIDATES.run(MemoryInputs({"problems": sums(20)}), models, settings()))
    next(tables)
    assert len(requests) == 6 * 4


def pool(policy: str, rate: float) -> list[Candidate]:
    """Samples for eight sums."""
    how = CandidateSettings(rule=StoppingRule(max_draws=6))
    complete, verify = completing(solving(rate)), verifier(MATHS)
    return list(sample_candidates(sums(8), complete, policy, policy, verify, how))


def sorted_by_key(rows: Sequence[Candidate]) -> list[Candidate]:
    """As a registry gives them."""
    return sorted(rows, key=lambda row: (row.problem_id, row.policy, row.hinted, row.sample))


GOLD = [make(GoldSolution, "p9", prompt="1+1=?", completion="1+1=2\nA:2", family=None, difficulty=None)]


@pytest.mark.parametrize("with_gold", [True, False])
def test_selections_join_rounds_and_gold(with_gold: bool) -> None:
    rounds = [*pool("lab_policy", 0.4), *pool("rft_policy", 0.8)]
    how = SelectionSettings(with_gold=with_gold)
    inputs = MemoryInputs({"candidates": rounds, "gold_solutions": GOLD})
    rows = rows_of(RFT_SELECTIONS, how, inputs)
    assert rows == list(select(sorted_by_key(rounds), GOLD, how))
    assert sum(row.kind == "gold" for row in rows) == with_gold
    assert {row.policy for row in rows if row.policy} == {"lab_policy", "rft_policy"}


def test_selections_without_gold_solutions_have_none() -> None:
    rows = rows_of(RFT_SELECTIONS, SelectionSettings(), MemoryInputs({"candidates": pool("p", 0.5)}))
    assert rows and all(row.kind == "sampled" for row in rows)


def test_pairs_come_out_of_candidates() -> None:
    rows, how = pool("lab_policy", 0.5), VerifiedPairSettings(per_problem=2)
    made = rows_of(VERIFIED_PAIRS, how, MemoryInputs({"candidates": rows}))
    assert made and made == list(verified_pairs(sorted_by_key(rows), how))


def test_problems_and_their_gold_follow_from_settings() -> None:
    family = FamilySettings(family="sums", train=8, evaluation=2, sizes=(3,), style="symbols")
    problems: list[Problem] = rows_of(PROBLEMS, ProblemSettings(families=(family,)))
    assert problems == sums(8, 2)
    inputs = MemoryInputs({"problems": problems})
    ordered = inputs.rows(Problem)
    few = GoldSettings(number=3)
    assert rows_of(GOLD_SOLUTIONS, few, inputs) == gold_solutions(ordered, few)
    verdicts = rows_of(GOLD_VERDICTS, MATHS, inputs)
    assert verdicts == gold_verdicts(ordered, verifier(MATHS), "maths")
    assert all(verdict.accepted for verdict in verdicts)
