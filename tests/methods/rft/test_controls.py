"""A control of rejection sampling: the gold rows, and as many finished samples as are selected, by chance."""

from datasets_registry.rows.rft import Candidate, GoldSolution
from methods.rft.controls import RFT_CONTROLS
from methods.rft.selections import SelectionSettings, select
from tests.methods.graphless import MemoryInputs, ModelsByRole, rows_of
from tests.methods.rft.test_selections import pool
from tests.rows import make

GOLD = [make(GoldSolution, f"g{number}") for number in range(3)]
CUT = make(Candidate, "cut", finish_reason="length", accepted=False, completion_key="cut")
HINTED = make(Candidate, "hinted", hinted=True, completion_key="hinted")


def test_a_control_has_as_many_rows_and_looks_at_no_verdict() -> None:
    candidates = sorted([*pool(0.3), CUT, HINTED], key=lambda row: row.problem_id)
    settings = SelectionSettings(check_equations=False)
    inputs = MemoryInputs({"candidates": candidates, "gold_solutions": GOLD})
    rows = rows_of(RFT_CONTROLS, settings, inputs, ModelsByRole({}))
    selected = list(select(candidates, GOLD, settings))
    assert len(rows) == len(selected) > len(GOLD)
    assert [row.problem_id for row in rows if row.kind == "gold"] == ["g0", "g1", "g2"]
    drawn = {row.completion_key for row in rows if row.kind == "sampled"}
    verdicts = {row.accepted for row in candidates if row.completion_key in drawn}
    assert verdicts == {True, False} and not drawn & {"cut", "hinted"}
    keys = [(row.problem_id, row.rank) for row in rows]
    assert len(set(keys)) == len(keys)


def test_of_one_path_with_two_answers_chance_decides_and_not_the_reward() -> None:
    candidates = [
        make(
            Candidate, f"p{number:02}", completion=f"2+2=4\nA:{answer}", sample=answer, accepted=answer == 4
        ).model_copy(update={"completion_key": f"{number}/{answer}", "reward": float(answer == 4)})
        for number in range(20)
        for answer in (4, 5)
    ]
    inputs = MemoryInputs({"candidates": candidates, "gold_solutions": []})
    rows = rows_of(RFT_CONTROLS, SelectionSettings(), inputs, ModelsByRole({}))
    assert len(rows) == 20 and {row.reward for row in rows} == {0.0, 1.0}
