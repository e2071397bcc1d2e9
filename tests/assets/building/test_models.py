"""Models that a profile names: any trainer over any base and dataset; what does not fit is refused."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from assets.graph import build_graph
from assets.orders.run import build
from assets.plan import plan
from assets.profile.chosen import FOLDER
from assets.profile.profile import load_profile
from datasets_registry.errors import BadInput
from datasets_registry.manifest import Manifest
from datasets_registry.registry import Registry
from datasets_registry.rows.imported import Demonstration, HumanPreference, Problem
from datasets_registry.rows.rft import Candidate
from quality.auditing.publishing import publish
from tests.assets.small import IMPORTED, write_base_profile, write_profile
from tests.assets.workshop import Workshop
from tests.rows import make

CHECKED = {"rows_lost", "update_rounded_away"}
MODELS = """
[tracking]
checkpoint_minutes = 0

[models.polite]
trainer = "dpo"
base = "taught"
dataset = "human_preferences"
training = { learning_rate = 1e-3, batch_size = 2, max_steps = 2, min_steps = 1, max_length = 128 }

[models.taught]
trainer = "sft"
base = "base_policy"
dataset = "demonstrations"
training = { learning_rate = 1e-3, batch_size = 2, max_steps = 2, min_steps = 1, max_length = 128 }
"""
# drawn long enough that some end their turn: those that are cut all have the lowest reward
DRAWN = """
[models.scorer]
trainer = "reward_model"
base = "base_policy"
dataset = "human_preferences"
training = { batch_size = 2, max_steps = 2, min_steps = 1, max_length = 128, held_out_share = 0.5 }

[models.drawn]
trainer = "grpo"
base = "base_policy"
dataset = "problems"
reward_models = ["scorer"]

[models.drawn.training]
batch_size = 8
num_draws = 4
max_steps = 8
max_length = 128
max_completion_length = 16
rewards = { verifier = 0, reward_models = 1 }
"""
SFT = 'trainer = "sft"\nbase = "base_policy"\ndataset = "demonstrations"\ntraining = {'
PPO = SFT.replace("sft", "ppo") + " num_draws = 2, max_completion_length = 8,"
ONLINE = SFT.replace("sft", "grpo") + " num_draws = 2, max_completion_length = 8,"
pytestmark = pytest.mark.filterwarnings("ignore::dagster.PreviewWarning")


@pytest.fixture
def workshop(tmp_path: Path, tiny_model: Path, registry: Registry) -> Iterator[Workshop]:
    """A profile of two models over imported data, of which nothing is built yet."""
    path = write_base_profile(tmp_path / "profile", tiny_model)
    path.write_text(path.read_text() + MODELS)
    people = [make(HumanPreference, f"q{number}", chosen="yes yes", rejected="no no") for number in range(4)]
    publish(registry, HumanPreference, people, IMPORTED)
    publish(registry, Demonstration, [make(Demonstration, f"d{number}") for number in range(4)], IMPORTED)
    with dg.DagsterInstance.ephemeral() as instance:
        yield Workshop(path, registry, instance, lambda _: "yes")


def test_models_are_built_after_their_bases_from_imported_data(workshop: Workshop) -> None:
    names = {"base_policy", "taught", "polite"}
    assert workshop.build(only=names) == ["base_policy", "taught", "polite"]
    assert workshop.build(only=names) == []
    version = workshop.registry.passed("polite")
    inputs = {source.name for source in workshop.registry.derivation(version).inputs}
    assert inputs == {"taught", "human_preferences"}
    assert {result.check for result in workshop.registry.checks(version)} == {*CHECKED, "chosen_falls"}


def test_lost_rows_are_a_red_check_in_the_ui_and_no_model(workshop: Workshop) -> None:
    long = [make(Demonstration, f"l{number}", completion="word " * 200) for number in range(4)]
    publish(workshop.registry, Demonstration, [*long, make(Demonstration, "d")], IMPORTED)
    graph = workshop.graph()
    steps = [step for step in plan(graph, workshop.registry) if step.name in {"base_policy", "taught"}]
    assert "would drop 80% of its usable rows" in str(build(graph, workshop.instance, steps))
    assert workshop.registry.newest("taught") is None
    records = workshop.instance.event_log_storage.get_asset_check_execution_history(
        dg.AssetCheckKey(dg.AssetKey("taught"), "rows_lost"), limit=1
    )
    assert [record.status.value for record in records] == ["FAILED"]


SECTIONS = """
[models.at_odds]
trainer = "orpo"
base = "base_policy"
dataset = "preference_pairs"

[models.verified]
trainer = "kto"
base = "sft_policy"
dataset = "candidates"
training = { beta = 0.2, undesirable_weight = 0.5 }

[models.drawn]
trainer = "grpo"
base = "cold_start_policy"
dataset = "problems"
training = { families = ["sums"], loss = "dr_grpo" }

[models.aligned]
trainer = "rloo"
base = "sft_policy"
dataset = "helpful_prompts"
reward_models = ["harmless_reward"]
training = { rewards = { verifier = 0, reward_models = 1 } }

[models.paid]
trainer = "ppo"
base = "aligned"
dataset = "problems"
reward_models = ["harmless_reward"]
training = { rewards = { reward_models = 0.5 }, critic = "reward_model", ppo_epochs = 2 }

[models.harmless_reward]
trainer = "reward_model"
base = "sft_policy"
dataset = "preference_pairs"
training = { signal = "harmlessness", margins = true }
"""


def test_each_trainer_takes_its_base_its_data_and_the_prompt_of_its_draws(tmp_path: Path) -> None:
    path = tmp_path / "profile.toml"
    path.write_text((FOLDER / "gpu.toml").read_text() + SECTIONS)
    profile = load_profile(str(path))
    assert profile.rft
    recipes = {recipe.name: recipe for recipe in build_graph(profile).recipes}
    assert recipes["at_odds"].inputs == ("base_policy", "preference_pairs", "judge_certificate")
    assert recipes["verified"].inputs == ("sft_policy", "candidates")
    assert recipes["verified"].settings["undesirable_weight"] == 0.5
    assert recipes["drawn"].inputs == ("cold_start_policy", "problems", "gold_verdicts")
    assert recipes["drawn"].settings["verifier"] == {"kind": "maths"}
    assert {"methods.sandbox.runner", "training.grpo"} <= recipes["drawn"].parts.keys()
    assert recipes["aligned"].inputs == ("sft_policy", "helpful_prompts", "harmless_reward")
    assert "verifier" not in recipes["aligned"].settings and not recipes["aligned"].templates
    paid = recipes["paid"]
    assert paid.inputs == ("aligned", "problems", "harmless_reward", "gold_verdicts")
    assert paid.settings["critic"] == "reward_model" and paid.settings["verifier"] == {"kind": "maths"}
    assert {"training.ppo.learning", "training.ppo.advantages", "methods.sandbox.runner"} <= paid.parts.keys()
    assert recipes["harmless_reward"].settings["signal"] == "harmlessness"
    for name, prompt in (
        ("verified", profile.rft.candidates.system_prompt),
        ("at_odds", profile.answers.system_prompt),
    ):
        assert recipes[name].templates == ((prompt,) if prompt else ())


def test_single_verdicts_make_a_model_by_kto(workshop: Workshop) -> None:
    section = '[models.verified]\ntrainer = "kto"\nbase = "base_policy"\ndataset = "verdicts"\n'
    settings = "learning_rate = 1e-3, batch_size = 2, max_steps = 2, min_steps = 1, max_length = 128"
    training = f"training = {{ {settings} }}\n"
    workshop.path.write_text(workshop.path.read_text() + section + training)
    rows = [make(Candidate, f"q{number}", accepted=number % 2 == 0) for number in range(6)]
    workshop.registry.record_checks(workshop.registry.commit(Candidate, rows, IMPORTED, "verdicts"), [])
    assert workshop.build(only={"base_policy", "verified"}) == ["base_policy", "verified"]
    version = workshop.registry.passed("verified")
    assert {result.check for result in workshop.registry.checks(version)} == CHECKED
    rows_of = Manifest.read(workshop.registry.folder(version)).rows
    assert (rows_of["desirable"], rows_of["undesirable"], rows_of["trained"]) == (3, 3, 6)


def test_a_policy_learns_from_its_own_draws_as_an_asset(workshop: Workshop) -> None:
    workshop.path.write_text(workshop.path.read_text() + DRAWN)
    publish(workshop.registry, Problem, [make(Problem, f"q{number}") for number in range(4)], IMPORTED)
    names = {"base_policy", "scorer", "drawn"}
    assert set(workshop.build(only=names)) == names and workshop.build(only=names) == []
    version = workshop.registry.passed("drawn")
    passed = {result.check: result.passed for result in workshop.registry.checks(version)}
    online = {"zero_variance_groups", "clipped_completions", "sampler_apart", "length_growth"}
    assert passed.keys() == {*CHECKED, *online}
    assert Manifest.read(workshop.registry.folder(version)).rows["trained"] == 4
    rollouts = workshop.registry.passed("rollouts/drawn")
    assert {str(read) for read in workshop.registry.derivation(rollouts).inputs} == {
        str(version),
        *(str(workshop.registry.passed(name)) for name in ("base_policy", "scorer", "problems")),
    }
    with duckdb.connect(workshop.registry.state.views, read_only=True) as connection:
        asked = "SELECT count(*), count(DISTINCT step), min(len(signals)), any_value(signals[1].signal)"
        assert connection.sql(f"{asked} FROM rollouts").fetchall() == [(64, 8, 1, "scorer")]
    assert workshop.instance.get_latest_materialization_event(dg.AssetKey(["rollouts", "drawn"]))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (SFT, ONLINE, "models.taught: training.rewards.verifier has a weight and the profile no verifier"),
        (SFT, f'reward_models = ["base_policy"]\n{ONLINE}', "weighs 0 and reward_models names 1: give both"),
        ('base = "taught"', 'base = "nobody"', "models.polite: unknown model 'nobody'"),
        ('base = "base_policy"', 'base = "polite"', "is circular"),
        ("models.polite", "models.cai_sft", "models.cai_sft: a dataset has this name"),
        ('"demonstrations"', '"sft_policy"', "'sft_policy' is a model: name a dataset"),
        ('trainer = "sft"', 'trainer = "alchemy"', "models.taught"),
        ("max_steps = 2", "max_step = 2", "unknown key 'models.polite.training.max_step'"),
    ],
)
def test_sections_that_do_not_fit_are_refused(
    old: str, new: str, said: str, tmp_path: Path, tiny_model: Path
) -> None:
    path = write_profile(tmp_path, tiny_model)
    path.write_text(path.read_text() + MODELS.replace(old, new))
    with pytest.raises(BadInput, match=said):
        build_graph(load_profile(str(path)))


def test_ppo_is_refused_in_several_processes(tmp_path: Path, tiny_model: Path) -> None:
    path = write_profile(tmp_path, tiny_model)
    # one row a step cannot be shared either
    text = path.read_text().replace("batch_size = 1", "batch_size = 2")
    path.write_text(text + MODELS.replace(SFT, PPO) + "[launch]\nprocesses = 2\n")
    with pytest.raises(BadInput, match="models.taught: ppo trains in one process, and launch.processes is 2"):
        build_graph(load_profile(str(path)))
