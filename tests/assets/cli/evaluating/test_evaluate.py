"""evaluate measures a model of the profile, says before what that takes, and asks nothing twice."""

import json
from pathlib import Path

import pytest

from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from datasets_registry.rows.evaluation import EvaluationDifference, SuiteFigure
from datasets_registry.state import REPOSITORY
from generation.ledger.ledger import Ledger
from tests.assets.cli.trained import run

PROFILE = f"""description = "a tiny model, twice"
min_free_gb = 0.1
constitution = "{REPOSITORY}/methods/judging/constitution.toml"

[models.base_policy]
model = "TINY"

[models.other_policy]
model = "TINY"

[models.unmeasured]
model = "TINY"

[evaluation]
models = ["other_policy"]
base = "base_policy"
suites = ["consistency", "calibration"]
items = {{ consistency = 2, calibration = 2 }}

[evaluation.answers]
max_tokens = 4
"""

GATE = """
[gates.agrees]
suite = "consistency"
metric = "agreement"
at_least = 2
models = ["other_policy"]
"""


@pytest.fixture
def profile(tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A profile that measures one model of three beside a baseline."""
    path = tmp_path / "tiny.toml"
    path.write_text(PROFILE.replace("TINY", str(tiny_model)))
    monkeypatch.setenv("TRIMTAB_PROFILE", str(path))
    return path


def calls(registry: Registry) -> int:
    """How many completions are stored."""
    return sum(int(stats["completions"]) for stats in Ledger(registry.state.ledger).stats())


@pytest.mark.filterwarnings("ignore::dagster.PreviewWarning")
def test_what_is_missing_is_built_once(profile: Path, registry: Registry) -> None:
    first = run("evaluate", "other_policy", "--json")
    asset = "evaluation_answers/other_policy"
    assert f"to build: {asset} (" in first.stderr and "calls of other_policy" in first.stderr
    shown = json.loads(first.stdout)
    assert {row["model"] for row in shown["figures"]} == {"other_policy"}
    assert shown["versions"] == [f"{asset}@1", "evaluation_items@1"]
    # nothing else was missing, so that figures and differences are up to date too
    assert registry.latest(SuiteFigure.dataset) and registry.latest(EvaluationDifference.dataset)
    # no suite was named, so that none is asked beside it
    assert "--suite chooses" not in first.stderr
    asked = calls(registry)
    again = run("evaluate", "other_policy", "--suite", "consistency")
    assert asked == calls(registry) > 0
    assert "to build" not in again.stderr and "consistency" in again.stdout


@pytest.mark.filterwarnings("ignore::dagster.PreviewWarning")
def test_that_other_suites_are_asked_too_is_said_before(profile: Path, registry: Registry) -> None:
    result = run("evaluate", "other_policy", "--suite", "consistency")
    before, _, _ = result.stderr.partition("to build")
    assert "all suites of the profile are asked (consistency, calibration)" in before
    assert "calibration" not in result.stdout


@pytest.mark.filterwarnings("ignore::dagster.PreviewWarning")
def test_a_gate_that_is_not_kept_is_said_and_hides_no_figure(profile: Path, registry: Registry) -> None:
    profile.write_text(profile.read_text() + GATE)
    first, held = run("evaluate", "base_policy"), run("evaluate", "other_policy")
    assert "agreement" in first.stdout and "held: " not in first.stderr
    assert "agreement" in held.stdout
    says = "other_policy@1: held: gate agrees: all 10 answers failed (truncated)"
    assert held.stderr.splitlines()[-1].startswith(says), held.stderr
    assert run("evaluate", "other_policy").stderr.startswith(says)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("unmeasured",), "does not measure 'unmeasured': add it to evaluation.models.* base_policy"),
        (("nobody",), r"no model 'nobody' in the profile: it measures .*\[models.nobody\]"),
        (("other_polcy",), r"no model 'other_polcy' in the profile \(did you mean 'other_policy'\?\)"),
        (
            ("other_policy", "--suite", "manners"),
            "no suite 'manners': evaluation.suites has cons",
        ),
        (("other_policy", "--suite", "consistancy"), r"no suite .* \(did you mean 'consistency'\?\)"),
    ],
)
def test_what_cannot_be_measured_is_refused_with_a_remedy(
    words: tuple[str, ...], says: str, profile: Path, registry: Registry
) -> None:
    with pytest.raises(BadInput, match=says):
        run("evaluate", *words)
    assert not registry.names("dataset")


def test_a_profile_without_an_evaluation_measures_none(profile: Path, registry: Registry) -> None:
    profile.write_text(profile.read_text().partition("[evaluation]")[0])
    with pytest.raises(BadInput, match=r"measures no model: give it an \[evaluation\]"):
        run("evaluate", "other_policy")
