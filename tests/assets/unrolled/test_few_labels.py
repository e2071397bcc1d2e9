"""A round whose labels are too few for a run stops its line, and stays green."""

from pathlib import Path

import pytest

from datasets_registry.rows.rounds.verdict import Verdict
from generation.request import Request
from tests.assets.pipelines.test_reasoning import script
from tests.assets.unrolled.test_rounds import weights, write
from tests.assets.workshop import Workshop, opened

pytestmark = pytest.mark.filterwarnings("ignore::dagster.PreviewWarning")
FEWER = "fewer than the 64 of one step"
# no policy of a round: what it learns is a person's choice
LARGER_STEPS = """
[models.larger_steps]
trainer = "sft"
base = "lab_policy"
dataset = "line/round_01/rft_selections"
training = { learning_rate = 1e-3, max_steps = 2, min_steps = 1, batch_size = 64, max_length = 128 }
"""


def verdict_of(workshop: Workshop, number: int) -> Verdict:
    """The verdict of a round of the line."""
    (verdict,) = workshop.registry.rows(Verdict, workshop.registry.passed(f"line/round_0{number}/verdict"))
    return verdict


def test_too_few_labels_for_a_step_hand_on_the_policy_before(tmp_path: Path) -> None:
    path = tmp_path / "rounds.toml"
    write(path, number=3, rate="1e-3, batch_size = 64")
    with opened(path, tmp_path / "state", script) as workshop:
        workshop.build()
        stopped = verdict_of(workshop, 2)
        assert (stopped.verdict, stopped.stopped_in, stopped.weights_round) == ("stop_no_pairs", 2, 1)
        assert [figure.figure for figure in stopped.decided] == ["policy_trained"]
        assert weights(workshop, "line/round_02/policy") == weights(workshop, "line/round_01/policy")
        assert weights(workshop, "line/policy") == weights(workshop, "line/round_01/policy")
        results = workshop.registry.checks(workshop.registry.passed("line/round_02/policy"))
        assert any(FEWER in result.description for result in results)
        assert workshop.build() == []
        path.write_text(path.read_text() + LARGER_STEPS)
        with pytest.raises(AssertionError, match=FEWER):
            workshop.build()


def always_right(request: Request) -> str:
    """Solutions without an error, so that no pair tells right from wrong."""
    numbers = [int(part) for part in request.messages[0].content.removesuffix("=?").split("+")]
    lines = [
        f"{sum(numbers[:place])}+{number}={sum(numbers[: place + 1])}"
        for place, number in enumerate(numbers[1:], start=1)
    ]
    return "\n".join([*lines, f"A:{sum(numbers)}"])


def test_a_round_without_any_label_stops_and_its_datasets_have_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "rounds.toml"
    write(path)
    path.write_text(path.read_text().replace('"rft_selections"', '"verified_pairs"'))
    with opened(path, tmp_path / "state", always_right) as workshop:
        workshop.build()
        assert workshop.registry.passed("line/round_01/verified_pairs").num_rows == 0
        stopped = verdict_of(workshop, 1)
        assert (stopped.verdict, stopped.weights_round) == ("stop_no_pairs", 0)
        assert weights(workshop, "line/policy") == weights(workshop, "lab_policy")
