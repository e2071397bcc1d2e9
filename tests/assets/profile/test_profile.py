"""A profile that cannot be used is refused with its file, its key and the remedy."""

from pathlib import Path

import pytest

from assets.building.versions import Versions
from assets.graph import build_graph
from assets.pipelines.whole import declare
from assets.plan import plan
from assets.profile.models import TrainedModel
from assets.profile.profile import load_profile
from datasets_registry.errors import BadInput, UnpassedVersion
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import SftExample
from datasets_registry.rows.judges import JudgeFigure
from datasets_registry.rows.rlaif import PreferencePair
from datasets_registry.rows.row import Row
from datasets_registry.state import REPOSITORY
from quality.auditing.publishing import publish
from tests.assets.small import IMPORTED, write_profile
from tests.rows import make

BASE, JUDGE, JUDGES = "[models.base_policy]", "[rlaif.judge]", 'judges = ["base_policy"]'

MEASURED = '[judges.benchmark]\njudges = ["base_policy"]\nfiles = { people = "people.jsonl" }\n\n'
BOUND = "[judges.certificate.bounds]\n{} = {{ at_most = 0.1 }}\n\n[judges.scores]"


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """A usable profile to spoil."""
    return write_profile(tmp_path, Path("a/model"))


def test_every_profile_of_ours_is_valid_and_says_what_it_builds() -> None:
    for path in (REPOSITORY / "profiles").glob("*.toml"):
        assert load_profile(path.stem).description


def test_the_gpu_profile_learns_from_the_shipped_prompts_by_one_card_or_eight() -> None:
    models = load_profile("gpu").models
    training = {name: model.training for name, model in models.items() if isinstance(model, TrainedModel)}
    dpo = training["dpo_policy"]
    # all 96 training prompts make a pair, or one in five does
    assert dpo.iterations(96) == 36 and dpo.schedule(36).warmup_steps == 4
    assert dpo.schedule(36).sum_of_rates == pytest.approx(1.8e-3)
    assert dpo.why_nothing_is_learned(20) is None and "give 6 steps" in (dpo.why_nothing_is_learned(16) or "")
    assert {name: settings.rows_at_once(8) for name, settings in training.items()} == {
        "sft_policy": 2,
        "dpo_policy": 1,
        "cold_start_policy": 2,
        "rft_policy": 4,
        "reward_model": 4,
        "process_reward_model": 4,
        "grpo_policy": 16,
    }


@pytest.mark.parametrize("card", ["gpu8", "gpu24"])
def test_the_profiles_of_cards_declare_the_same_assets(card: str) -> None:
    # so what is tested of each field of `gpu` holds for them
    declared = {
        title: {asset.name: type(asset) for asset in declare(load_profile(title))} for title in ("gpu", card)
    }
    assert declared[card] == declared["gpu"]


def test_the_profile_comes_from_the_environment(profile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRIMTAB_PROFILE", raising=False)
    assert "135M" in load_profile().description
    monkeypatch.setenv("TRIMTAB_PROFILE", str(profile))
    assert load_profile().description == "A tiny random model"


def test_an_unknown_profile_names_those_there_are() -> None:
    with pytest.raises(
        BadInput, match="unknown profile 'pocket': use one of cai, cluster, evaluation, gpu, gpu24, "
    ):
        load_profile("pocket")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (BASE, f"{BASE}\nspeed = 1", "unknown key 'models.base_policy.speed': remove it"),
        ("temperature = 1.0", "temperature = -1", "answers.temperature"),
        (BASE, BASE[:-1], "is not valid TOML"),
        ("num_revisions = 2", "num_revisions = 9", "cai.num_revisions"),
        ("beta = 0.1", "beta = 0.1, margin = 2", "unknown key 'models.dpo_policy.training.margin'"),
        ("beta = 0.1", "beta = -1", "models.dpo_policy.training.beta"),
        (
            "min_steps = 1, batch_size = 1",
            "max_steps = 7, batch_size = 1",
            "max_steps 7 gives 7 steps of the op",
        ),
        (
            "[judges.scores]",
            "[launch]\nprocesses = 2\n\n[judges.scores]",
            "models.dpo_policy.training: 2 processes .launch. cannot share the 1 rows of a step evenly",
        ),
        (JUDGES, 'judges = ["judge_x"]', r"unknown model 'judge_x': add \[models.judge_x\]"),
        (JUDGES, "judges = []", "rlaif.judge.judges"),
        (JUDGE, f"[rlaif.labels.weights]\nhelpful = {{ honesty = 1 }}\n{JUDGE}", "weighs honesty, which"),
        ('policy = "sft_policy"', 'policy = ""', "name '' is not usable"),
        (
            'base = "base_policy"\njudge',
            'base = "dpo_policy"\njudge',
            "base: 'dpo_policy' is among models too",
        ),
        (JUDGE, f"[cai.mix]\nhelpful_share = 1.5\n{JUDGE}", "cai.mix.helpful_share"),
        (JUDGE, f'[cai.mix]\ncapability = "chats"\n{JUDGE}', "go together"),
        (JUDGE, f'[models.x]\nmodel = "nowhere"\n{JUDGE}', "'nowhere' is neither a directory, nor a hub id"),
        (BASE, f'[models.Mine]\nmodel = "lab"\n{BASE}', "name 'Mine' is not usable"),
        (BASE, f'[models.2nd]\nmodel = "lab"\n{BASE}', "name '2nd' is not usable"),
        (BASE, f'[models."a.b"]\nmodel = "lab"\n{BASE}', "name 'a.b' is not usable"),
        (BASE, f'[models.{"a" * 101}]\nmodel = "lab"\n{BASE}', "is not usable"),
        (BASE, f'[models.completions]\nmodel = "lab"\n{BASE}', "completions"),
        (BASE, f'[models.cai_sft]\nmodel = "lab"\n{BASE}', "models.cai_sft: a dataset has this name"),
        (JUDGE, f'[models.x]\ntrainer = "sft"\nbase = "x"\ndataset = "d"\n{JUDGE}', "is circular"),
        ("[judges.scores]", "[judges_]", "unknown key 'judges_'"),
        ("[judges.scores]", BOUND.format("steered_share"), r"not measured: add \[judges.steering\]"),
        ("[judges.scores]", BOUND.format("llmbar_accuracy"), r"not measured: add \[judges.benchmark\]"),
        ("[judges.scores]", MEASURED + BOUND.format("llmbar_accuracy"), "name a file of llmbar in"),
        ("[judges.scores]", MEASURED.replace("base_", "x_") + "[judges.scores]", "unknown model 'x_policy'"),
        ("[judges.scores]", BOUND.format("gwet_ac1"), r"not measured: add \[judges.human_agreement\]"),
    ],
)
def test_a_fault_is_named_with_its_key(old: str, new: str, message: str, profile: Path) -> None:
    profile.write_text(profile.read_text().replace(old, new, 1))
    with pytest.raises(BadInput, match=message):
        load_profile(str(profile))


def test_a_length_beyond_the_window_of_a_base_that_is_here_is_refused(
    tiny_model: Path, tmp_path: Path
) -> None:
    path = write_profile(tmp_path, tiny_model)
    path.write_text(path.read_text().replace("max_length = 512", "max_length = 1000000", 1))
    with pytest.raises(
        BadInput, match="models.sft_policy.training: max_length 1000000 is more than the wind"
    ):
        load_profile(str(path))


def test_soft_targets_of_biased_shares_are_refused(tmp_path: Path) -> None:
    shipped = (REPOSITORY / "profiles" / "laptop.toml").read_text()
    soft = shipped.replace("use_implied = true }", 'use_implied = true, target = "soft" }')
    fixed = soft.replace("labels = { rollouts", 'labels = { early_stop = "none", confirm = 0, rollouts')
    paths = [tmp_path / "soft.toml", tmp_path / "fixed.toml"]
    for path, text in zip(paths, (soft, fixed), strict=True):
        path.write_text(text)
    with pytest.raises(BadInput, match="prm.labels biases .*set early_stop 'none' and confirm 0 there"):
        load_profile(str(paths[0]))
    assert load_profile(str(paths[1])).prm


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('red_team = "avoid_harm"', 'red_team = "be_nice"', "has no principle 'be_nice'"),
        ("temperature = 1.0", 'temperature = 1.0\nsystem_prompt = "long"', "no prompt template 'long'"),
        ("constitution.toml", "nothing.toml", "nothing.toml cannot be read"),
        ("helpful.jsonl", "nothing.jsonl", "nothing.jsonl cannot be read"),
        ("num_revisions = 2", "num_revisions = 2\nnum_examples = 9", "9 few-shot examples"),
    ],
)
def test_what_a_profile_points_at_is_read_before_anything_runs(
    old: str, new: str, message: str, profile: Path
) -> None:
    profile.write_text(profile.read_text().replace(old, new, 1))
    with pytest.raises(BadInput, match=message):
        build_graph(load_profile(str(profile)))


def test_a_constitution_without_a_judged_signal_is_refused_before_anything_runs(profile: Path) -> None:
    constitution = profile.with_name("constitution.toml")
    constitution.write_text(constitution.read_text().replace('signal = "helpfulness"\n', ""))
    with pytest.raises(BadInput, match="signals ask for helpfulness, and principles has none"):
        build_graph(load_profile(str(profile)))


def test_judges_of_their_own_are_assets(profile: Path) -> None:
    text = profile.read_text().replace(JUDGE, f'[models.judge_big]\nmodel = "owner/big"\n{JUDGE}')
    profile.write_text(text.replace(JUDGES, 'judges = ["base_policy", "judge_big"]'))
    recipes = {recipe.name: recipe for recipe in build_graph(load_profile(str(profile))).recipes}
    assert recipes["judge_big"].settings == {"model": "owner/big"}
    assert recipes["ai_judgements"].inputs == ("completion_pairs", "base_policy", "judge_big")


def test_an_uncertified_judge_lets_nothing_train_where_the_profile_requires_a_certificate(
    profile: Path, registry: Registry
) -> None:
    profile.write_text(profile.read_text().replace(JUDGE, f"[judges.certificate]\nrequired = true\n{JUDGE}"))
    recipes = {recipe.name: recipe for recipe in build_graph(load_profile(str(profile))).recipes}
    dpo_policy = recipes["dpo_policy"]
    assert dpo_policy.roles["waits"] == ("judge_certificate",)
    versions = Versions({"dpo_policy": dpo_policy}, {}, registry)
    for row in (SftExample, PreferencePair):
        registry.record_checks(registry.commit(row, [make(row)], IMPORTED, _PLACES.get(row)), [])
    figure = make(JudgeFigure, holds=False, required=True)
    publish(registry, JudgeFigure, [figure], IMPORTED)
    with pytest.raises(UnpassedVersion, match="judge_certificate.*required_figures_hold is 1"):
        versions.derivation("dpo_policy")


def test_imported_data_that_is_not_there_holds_what_stands_on_it(profile: Path, registry: Registry) -> None:
    named = f'[cai.mix]\ncapability = "chats"\ncapability_share = 0.1\n{JUDGE}'
    profile.write_text(profile.read_text().replace(JUDGE, named, 1))
    held = {
        step.name: step.reason
        for step in plan(build_graph(load_profile(str(profile))), registry)
        if step.held
    }
    assert "'chats' has no version yet" in held["cai_sft"]
    assert "sft_policy" in held and "base_policy" not in held


# any dataset may stand for the model of that name
_PLACES: dict[type[Row], str] = {SftExample: "sft_policy"}


@pytest.mark.parametrize(
    ("section", "successor"),
    [
        ('[policy]\nmodel = "m"', r"\[policy\] is now \[models.base_policy\]"),
        ("[sft]\nlearning_rate = 1", r"\[sft\] is now \[models.sft_policy\]"),
        ("[dpo]\nbeta = 1", r"\[dpo\] is now \[models.dpo_policy\]"),
        ('[judge_models.judge_x]\nmodel = "m"', r"\[judge_models\] is now \[models.NAME\]"),
        ("[reasoning.lab_policy]\nx = 1", r"\[reasoning.lab_policy\] is now .*\[models.lab_policy\]"),
        ("[reasoning.steps]\nx = 1", r"\[reasoning.steps\] is now \[prm\]"),
        ("[reasoning]\nearlier = []", r"\[reasoning.earlier\] is now `earlier` in \[rft\]"),
    ],
)
def test_a_section_of_an_earlier_release_is_answered_with_its_successor(
    section: str, successor: str, profile: Path
) -> None:
    profile.write_text(f"{profile.read_text()}\n{section}\n")
    with pytest.raises(BadInput, match=f"has the form of an earlier release: {successor}"):
        load_profile(str(profile))


def test_pipelines_that_stand_on_one_another_are_circular(profile: Path) -> None:
    text = profile.read_text().replace('policy = "sft_policy"', 'policy = "dpo_policy"')
    profile.write_text(text)
    with pytest.raises(BadInput, match="the profile is circular: .*dpo_policy"):
        build_graph(load_profile(str(profile)))
