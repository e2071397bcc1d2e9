"""A profile that cannot be used is refused with its file, its key and the remedy."""

from pathlib import Path

import pytest

from assets.graph import build_graph
from assets.plan import plan
from assets.profile.profile import load_profile
from datasets_registry.errors import BadInput, UnknownVersion, UnpassedVersion
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import SftExample
from datasets_registry.rows.judges import JudgeFigure
from datasets_registry.rows.rlaif import PreferencePair
from datasets_registry.rows.row import Row
from datasets_registry.state import REPOSITORY
from datasets_registry.version import Derivation
from quality.auditing.publishing import publish
from tests.assets.small import write_profile
from tests.rows import make


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """A usable profile to spoil."""
    return write_profile(tmp_path, Path("/a/model"))


def test_every_profile_of_ours_is_valid_and_says_what_it_builds() -> None:
    for path in (REPOSITORY / "profiles").glob("*.toml"):
        assert load_profile(path.stem).description


def test_the_profile_comes_from_the_environment(profile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRIMTAB_PROFILE", raising=False)
    assert "135M" in load_profile().description
    monkeypatch.setenv("TRIMTAB_PROFILE", str(profile))
    assert load_profile().description == "A tiny random model"


def test_an_unknown_profile_names_those_there_are() -> None:
    with pytest.raises(BadInput, match="unknown profile 'pocket': there are gpu, laptop"):
        load_profile("pocket")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[policy]", "[policy]\nspeed = 1", "unknown key 'policy.speed': remove it"),
        ("temperature = 1.0", "temperature = -1", "answers.temperature"),
        ("[policy]", "[policy", "is not valid TOML"),
        ("num_revisions = 2", "num_revisions = 9", "revisions.num_revisions"),
        ("[dpo]", "[dpo]\nmargin = 2", "unknown key 'dpo.margin'"),
        (
            "[judge]",
            '[judge]\njudges = ["judge_x"]',
            r"unknown model 'judge_x': name it under \[judge_models",
        ),
        ("[judge]", '[judge_models.mine]\nmodel = "m"\n[judge]', "call 'mine' judge_ and a name"),
        ("[judge]", "[labels.weights]\nhelpful = { honesty = 1 }\n[judge]", "weighs honesty, which"),
        ("[judge]", '[scores]\njudge = "sft_policy"\n[judge]', "'sft_policy' is not one of"),
        ("[judge]", "[sft_mix]\nhelpful_share = 1.5\n[judge]", "sft_mix.helpful_share"),
        ("[judge]", '[sft_mix]\ncapability = "chats"\n[judge]', "go together"),
    ],
)
def test_a_fault_is_named_with_its_key(old: str, new: str, message: str, profile: Path) -> None:
    profile.write_text(profile.read_text().replace(old, new, 1))
    with pytest.raises(BadInput, match=message):
        load_profile(str(profile))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('red_team = "avoid_harm"', 'red_team = "be_nice"', "has no principle 'be_nice'"),
        ("temperature = 1.0", 'temperature = 1.0\nsystem_prompt = "long"', "no prompt template 'long'"),
        ("constitution.toml", "nothing.toml", "nothing.toml cannot be read"),
        ("helpful.jsonl", "nothing.jsonl", "nothing.jsonl cannot be read"),
        ("num_revisions = 2", "num_revisions = 2\nnum_examples = 9", "9 few-shot examples are asked for"),
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
    with pytest.raises(BadInput, match="no principle of helpfulness, which the profile's .judge.signals"):
        build_graph(load_profile(str(profile)))


def test_judges_of_their_own_are_assets(profile: Path) -> None:
    text = profile.read_text().replace("[judge]", '[judge_models.judge_big]\nmodel = "big"\n[judge]')
    profile.write_text(text.replace("[judge]", '[judge]\njudges = ["base_policy", "judge_big"]', 1))
    recipes = {one.name: one for one in build_graph(load_profile(str(profile))).recipes}
    assert recipes["judge_big"].settings == {"model": "big"}
    assert recipes["ai_judgements"].inputs == ("completion_pairs", "base_policy", "judge_big")


def test_an_uncertified_judge_lets_nothing_train_where_the_profile_requires_a_certificate(
    profile: Path, registry: Registry
) -> None:
    profile.write_text(profile.read_text().replace("[judge]", "[certificate]\nrequired = true\n[judge]"))
    recipe = next(one for one in build_graph(load_profile(str(profile))).recipes if one.name == "dpo_policy")
    nothing = Derivation(code_version="1", settings={}, inputs=())
    for row in (SftExample, PreferencePair):
        registry.record_checks(registry.commit(row, [make(row)], nothing, _PLACES.get(row)), [])
    figure = make(JudgeFigure, holds=False, required=True)
    publish(registry, JudgeFigure, [figure], nothing)
    with pytest.raises(UnpassedVersion, match="judge_certificate.*required_figures_hold is 1"):
        recipe.derivation(registry)


def test_imported_data_that_is_not_there_is_missed_before_anything_runs(
    profile: Path, registry: Registry
) -> None:
    named = '[sft_mix]\ncapability = "chats"\ncapability_share = 0.1\n[judge]'
    profile.write_text(profile.read_text().replace("[judge]", named, 1))
    with pytest.raises(UnknownVersion, match="chats"):
        plan(build_graph(load_profile(str(profile))), registry)


# any dataset may stand for the model of that name
_PLACES: dict[type[Row], str] = {SftExample: "sft_policy"}
