"""Rounds that reward models label: built from the prompts to the verdict, without a judge of their own."""

from pathlib import Path

import pytest

from assets.building.declared import Dataset
from assets.estimates.calls import amounts
from assets.pipelines.whole import declare
from assets.profile.profile import load_profile
from datasets_registry.errors import BadInput
from datasets_registry.rows.rounds.divergence import Divergence
from datasets_registry.rows.rounds.watch import RoundWatch
from datasets_registry.rows.scored.reward_pairs import RewardPair
from generation.request import Completion, Request
from generation.scripted import likely
from tests.assets.small import write_profile
from tests.assets.unrolled import test_judged_rounds
from tests.assets.unrolled.test_judged_rounds import ground
from tests.assets.workshop import opened

TRAINING = "learning_rate = 1e-3, max_steps = 2, min_steps = 1, batch_size = 2, max_length = 512"
REWARD = f"""
[models.helpful]
trainer = "reward_model"
base = "base_policy"
dataset = "preference_pairs"
training = {{ {TRAINING}, held_out_share = 0.4 }}

[models.harmless]
trainer = "reward_model"
base = "base_policy"
dataset = "preference_pairs"
training = {{ {TRAINING}, held_out_share = 0.4, seed = 1 }}
"""
ROUNDS = f"""
[rounds.line]
number = 1
policy = "base_policy"
learns = "reward_pairs"
asks = {{ red_team = 3, helpful = 3 }}
training = {{ {TRAINING} }}
watch = {{ capability = "none" }}
verdict = {{ allow_unmeasured = true }}
divergence = {{ prompts = 4, samples = 1 }}

[rounds.line.labels]
num_samples = 3
rewards = {{ helpfulness = "helpful", harmlessness = "harmless" }}
combination = {{ rule = "worst" }}
"""
THINKING = "engine = { batch_size = 8 }\nthinking = true"


def script(request: Request) -> str | Completion:
    """As elsewhere; the policy finds any answer as likely as round 0 does."""
    if request.continuation is not None:
        return likely(-3.0, 2, greedy=False)
    return test_judged_rounds.script(request)


pytestmark = pytest.mark.filterwarnings("ignore::dagster.PreviewWarning")


def test_a_round_learns_what_its_reward_models_prefer(tmp_path: Path, tiny_model: Path) -> None:
    path = write_profile(tmp_path / "profile", tiny_model)
    path.write_text(path.read_text().replace('stop = ["e"]', "") + REWARD + ROUNDS)
    with opened(path, tmp_path / "state", script) as workshop:
        workshop.build(ground(workshop))
        registry = workshop.registry
        pairs = registry.rows(RewardPair, registry.passed("line/round_01/reward_pairs"))
        assert len(pairs) == 6 and {pair.rule for pair in pairs} == {"worst"}
        labelled = [pair for pair in pairs if pair.label == "a"]
        assert labelled and all(
            [score.signal for score in pair.scores_chosen] == ["harmlessness", "helpfulness"]
            for pair in labelled
        )
        watch = registry.rows(RoundWatch, registry.passed("line/round_01/round_watch"))
        figures = {row.figure: row for row in watch}
        assert figures["yield_share"].value == len(labelled) / 6
        assert figures["conflicting"].value == sum(bool(p.conflicting) for p in labelled) / len(labelled)
        samples = registry.rows(Divergence, registry.passed("line/round_01/divergence"))
        assert {(row.policy, row.reference) for row in samples} == {("line/round_01/policy", "base_policy")}
        assert figures["kl"].value == 0.0 and figures["kl"].num_items == 4
        assert registry.passed("line/policy").number == 1
        assert workshop.build(ground(workshop)) == []


def test_the_pairs_are_of_the_rounds_prompts_the_policy_before_and_every_reward_model(
    tmp_path: Path, tiny_model: Path
) -> None:
    path = write_profile(tmp_path, tiny_model)
    path.write_text(path.read_text() + REWARD + ROUNDS.replace("number = 1", "number = 2"))
    assets = {asset.name: asset for asset in declare(load_profile(str(path)))}
    pairs = assets["line/round_02/reward_pairs"]
    assert isinstance(pairs, Dataset)
    assert pairs.models["policy"] == ("line/round_01/released",)
    assert pairs.models["reward_helpfulness"] == ("helpful",)
    assert pairs.inputs["round_prompts"] == ("line/round_02/round_prompts",)
    assert "line/round_02/ai_judgements" not in assets
    estimated = amounts([asset for asset in assets.values() if isinstance(asset, Dataset)], {})
    assert [asked.calls for asked in estimated[pairs.name].asked] == [6 * 3]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('combination = { rule = "worst" }', "", "rounds.line.labels: rewards names the signals"),
        (
            'rule = "worst"',
            'rule = "gated", gate = "honesty", threshold = 0.0',
            "rounds.line.labels: combination.gate 'honesty' is no signal of rewards",
        ),
        ('harmlessness = "harmless"', 'harmlessness = "harmles"', "unknown model 'harmles'"),
        ('harmlessness = "harmless"', 'harmlessness = "sft_policy"', "which sft trains and which gives no"),
        (ROUNDS[ROUNDS.index("[rounds.line.labels]") :], "", "rounds learn reward_pairs, and labels name"),
        ('learns = "reward_pairs"', "", "rounds learn preference_pairs, and labels name reward models"),
        ("red_team = 3", "red_team = 9", "red_team prompts of rounds: round 1 needs 9"),
    ],
)
def test_labels_that_cannot_be_made_are_refused_when_read(
    old: str, new: str, sentence: str, tmp_path: Path, tiny_model: Path
) -> None:
    path = write_profile(tmp_path, tiny_model)
    assert old in ROUNDS
    path.write_text(path.read_text() + REWARD + ROUNDS.replace(old, new))
    with pytest.raises(BadInput, match=sentence):
        declare(load_profile(str(path)))


def test_the_divergence_of_a_policy_that_thinks_is_refused(tmp_path: Path, tiny_model: Path) -> None:
    path = write_profile(tmp_path, tiny_model)
    text = path.read_text().replace("engine = { batch_size = 8 }", THINKING)
    path.write_text(text + REWARD + ROUNDS)
    with pytest.raises(BadInput, match="rounds.line.divergence: base_policy thinks before it answers"):
        declare(load_profile(str(path)))
