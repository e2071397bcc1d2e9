"""Rounds of the profile: built round by round, found again, and passed through once one has stopped."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from assets.profile.models import ReleasedModel, TrainedModel
from assets.profile.profile import load_profile
from datasets_registry.errors import BadInput
from datasets_registry.rows.rounds.verdict import Verdict
from datasets_registry.rows.scored.pass_rates import PromptPassRate
from tests.assets.pipelines.test_reasoning import script
from tests.assets.workshop import Workshop, opened

PROFILE = """
description = "Rounds of a tiny policy"
min_free_gb = 0.1

[[problems.families]]
family = "sums"
style = "symbols"
sizes = [3]
train = 64
evaluation = 12

[problems.gold.lab_solutions]
families = ["symbol_sums"]
number = 8

[models.lab_base]
model = "lab"

[models.lab_policy]
trainer = "sft"
base = "lab_base"
dataset = "lab_solutions"
training = { learning_rate = 1e-3, max_steps = 2, min_steps = 1, batch_size = 4, max_length = 128 }

[rft.candidates]
rule = { until = "fixed", max_draws = 4 }

[rounds.line]
number = NUMBER
policy = "lab_policy"
learns = "rft_selections"
training = { learning_rate = 1e-3, max_steps = 2, min_steps = 1, batch_size = 4, max_length = 128 }
asks = ASKS
watch = { WATCH }

[rounds.line.changes.2]
training = { learning_rate = RATE }

[evaluation]
base = "lab_policy"
suites = ["capability"]
problems = "only"
items = { capability = 12 }
"""
HEALTHY = 'capability = "none", mean_tokens = "none", truncated = "none", yield_share = "none"'
# no round gives something to learn of more prompts than it asks
STOPPED = f"{HEALTHY}, yield_share = {{ stop_below = 1.1 }}".replace('yield_share = "none", ', "")
pytestmark = pytest.mark.filterwarnings("ignore::dagster.PreviewWarning")


# rates of every problem, none of which is left out
RATES = '{ problems = 12, pass_rates = { band = "none" } }'


def write(path: Path, number: int = 2, rate: str = "1e-3", watch: str = HEALTHY, asks: str = RATES) -> None:
    """The profile with so many rounds."""
    text = PROFILE.replace("NUMBER", str(number)).replace("RATE", rate).replace("WATCH", watch)
    path.write_text(text.replace("ASKS", asks))


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """Two rounds, built."""
    root = tmp_path_factory.mktemp("unrolled")
    path = root / "rounds.toml"
    write(path)
    with opened(path, root / "state", script) as workshop:
        workshop.build()
        yield workshop


def weights(workshop: Workshop, model: str) -> str:
    """The fingerprint of a model's newest version."""
    return workshop.registry.passed(model).data_version


def test_two_rounds_are_built_and_each_starts_from_the_last(workshop: Workshop) -> None:
    profile = load_profile(str(workshop.path))
    second = profile.models["line/round_02/policy"]
    assert isinstance(second, TrainedModel) and second.base == "line/round_01/released"
    assert isinstance(profile.models["line/policy"], ReleasedModel)
    assert weights(workshop, "line/policy") == weights(workshop, "line/round_02/policy")
    assert (
        len({weights(workshop, name) for name in ("lab_policy", "line/round_01/policy", "line/policy")}) == 3
    )
    assert workshop.build() == []


def test_each_round_has_the_pass_rates_of_the_policy_that_it_samples(workshop: Workshop) -> None:
    registry = workshop.registry
    for number, policy in ((1, "lab_policy"), (2, "line/round_01/released")):
        rates = registry.rows(PromptPassRate, registry.passed(f"line/round_0{number}/prompt_pass_rates"))
        assert len(rates) == 12
        assert {(rate.policy, rate.round, rate.place) for rate in rates} == {(policy, number, "kept")}


def test_only_what_changed_is_built_again_and_a_stop_is_passed_through(workshop: Workshop) -> None:
    before = workshop.versions()
    write(workshop.path, rate="2e-3")
    workshop.build()
    changed = workshop.changed(before)
    assert "line/round_02/policy" in changed and "line/policy" in changed
    assert not any(name.startswith("line/round_01") or "/" not in name for name in changed)

    write(workshop.path, number=3, rate="2e-3")
    built = workshop.build()
    assert {name for name in built if not name.startswith("line/round_03/")} == {"line/policy"}

    write(workshop.path, number=2, rate="2e-3")
    workshop.build()
    write(workshop.path, number=3, rate="2e-3")
    workshop.build()
    assert not workshop.requests

    write(workshop.path, number=3, rate="2e-3", watch=STOPPED)
    workshop.build()
    assert not workshop.requests
    (verdict,) = workshop.registry.rows(Verdict, workshop.registry.passed("line/round_03/verdict"))
    assert (verdict.verdict, verdict.stopped_in, verdict.weights_round) == ("stop_no_pairs", 1, 0)
    assert weights(workshop, "line/policy") == weights(workshop, "lab_policy")
    assert workshop.registry.passed("line/round_03/rft_selections").num_rows == 0
    assert workshop.build() == []


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("number = 2", "number = 0", "rounds.line.number"),
        (
            'policy = "lab_policy"',
            'policy = "lab_base"',
            "rounds.line.policy: 'lab_base' is what every round",
        ),
        ('policy = "lab_policy"', 'policy = "nobody"', "rounds.line.policy: unknown model 'nobody'"),
        ("rounds.line", "rounds.verdict", "rounds.verdict: the name is taken by 'verdict'"),
        ("rounds.line", 'rounds."a/b"', "rounds.a/b: the name has a slash"),
        ("rounds.line", "rounds.Line", "name 'Line' is not usable: it has capitals"),
        ("problems = 12 }", "problems = 12, pass_rates = { band = [0.8, 0.2] } }", "is no range of rates"),
        (
            'learns = "rft_selections"',
            'learns = "verified_pairs"\nreference = "lab_plicy"',
            r"rounds.line.reference: unknown model 'lab_plicy' \(did you mean 'lab_policy'",
        ),
        (
            'policy = "lab_policy"\nlearns = "rft_selections"',
            'policy = "lab_base"\nlearns = "verified_pairs"\nreference = "lab_policy"',
            "'lab_base' is not trained from 'lab_policy', so that it cannot be its reference",
        ),
        ("rounds.line", "rounds.lab_policy", "rounds.lab_policy: the name is taken by 'lab_policy'"),
        ("[rounds.line.changes.2]", "[rounds.line.changes.5]", "changes.5: there are rounds 1 to 2"),
        ("asks = { problems = 12 }", 'reference = "first"', "reference is of trainers of pairs"),
        ('learns = "rft_selections"', 'learns = "preference_pairs"', "rft.candidates.policies is missing"),
        (
            '["capability"]\nproblems = "only"\nitems = { capability = 12 }',
            '["diversity"]',
            "guards figures that are not measured",
        ),
        ("problems = 12 }", "problems = 33 }", "33 a round and 2 rounds need 66 training problems.*have 64"),
        ("asks = { problems = 12 }", "", "rounds.line.asks.problems is missing"),
        ("problems = 12 }", 'problems = 12, families = ["symbol_smus"] }', "did you mean 'symbol_sums'"),
        ("asks = {", 'replayed = "lab_solutions"\nasks = {', "rounds.line.replayed names 'lab_solutions'"),
        (
            'learns = "rft_selections"\ntraining = {',
            'learns = "rft_selections"\ntraining = { replay_share = 0.1,',
            "rounds.line.training.replay_share is 0.1, and nothing says what is replayed",
        ),
        (
            'dataset = "lab_solutions"\ntraining = {',
            'dataset = "lab_solutions"\ntraining = { replay_share = 0.1,',
            "models.lab_policy.training.replay_share is 0.1",
        ),
        ("evaluation = 12", "evaluation = 0", "rounds.line.watch.capability guards figures without items"),
        ("problems.gold.lab_solutions", "problems.gold.line", "a dataset of the profile has this name"),
        (PROFILE[PROFILE.index("[evaluation]") :], "", "is watched by its figures: add [evaluation]"),
    ],
)
def test_rounds_that_cannot_be_are_refused_when_read(
    old: str, new: str, sentence: str, tmp_path: Path
) -> None:
    path = tmp_path / "bad.toml"
    write(path, watch="", asks="{ problems = 12 }")
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(BadInput, match=sentence.replace("[", r"\[").replace("]", r"\]")):
        load_profile(str(path))
