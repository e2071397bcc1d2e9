"""Models of a profile that name others: references and averages are built, kept and refused as others are."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from assets.graph import build_graph
from assets.profile.profile import load_profile
from assets.profile.related.models import require_ancestor
from datasets_registry.errors import BadInput
from datasets_registry.manifest import Manifest
from datasets_registry.registry import Registry
from datasets_registry.rows.imported import Demonstration, HumanPreference
from quality.auditing.publishing import publish
from tests.assets.small import IMPORTED, write_profile
from tests.assets.workshop import Workshop
from tests.rows import make

TRAINING = "learning_rate = 1e-3, batch_size = 2, max_steps = 2, min_steps = 1, max_length = 128"
TAUGHT = f"""
[models.taught]
trainer = "sft"
base = "base_policy"
dataset = "demonstrations"
training = {{ {TRAINING} }}
"""
POLITE = f"""
[models.polite]
trainer = "dpo"
base = "taught"
dataset = "human_preferences"
reference = "base_policy"
replayed = "demonstrations"
training = {{ {TRAINING}, replay_share = 0.3 }}
"""
MILD = """
[models.mild]
trainer = "average"
base = "polite"
training = { shares = { taught = 0.5, base_policy = 0.25 } }
"""
pytestmark = pytest.mark.filterwarnings("ignore::dagster.PreviewWarning")


@pytest.fixture
def workshop(tmp_path: Path, tiny_model: Path, registry: Registry) -> Iterator[Workshop]:
    """A profile of three models over imported data, of which nothing is built yet."""
    path = write_profile(tmp_path / "profile", tiny_model)
    path.write_text(path.read_text() + TAUGHT + POLITE + MILD)
    people = [make(HumanPreference, f"q{number}", chosen="yes yes", rejected="no no") for number in range(4)]
    publish(registry, HumanPreference, people, IMPORTED)
    publish(registry, Demonstration, [make(Demonstration, f"d{number}") for number in range(4)], IMPORTED)
    with dg.DagsterInstance.ephemeral() as instance:
        yield Workshop(path, registry, instance, lambda _: "yes")


def test_a_reference_and_the_parts_of_an_average_are_inputs_by_exact_version(workshop: Workshop) -> None:
    names = {"base_policy", "taught", "polite", "mild"}
    assert workshop.build(only=names) == ["base_policy", "taught", "polite", "mild"]
    assert workshop.build(only=names) == []
    registry = workshop.registry
    made = {name: Manifest.read(registry.folder(registry.passed(name))) for name in names - {"base_policy"}}
    assert made["polite"].compared_with == "base_policy@1" and made["polite"].rows["replay_trained"] > 0
    inputs = {source.name for source in registry.derivation(registry.passed("polite")).inputs}
    assert inputs == {"taught", "base_policy", "human_preferences", "demonstrations"}
    assert [str(part) for part in made["mild"].parts] == ["taught@1", "base_policy@1"]
    settings = registry.derivation(registry.passed("mild")).settings
    assert settings == {"shares": {"taught": 0.5, "base_policy": 0.25}}, settings
    path = workshop.path
    path.write_text(path.read_text().replace("taught = 0.5", "taught = 0.25"))
    assert workshop.build(only=names) == ["mild"]


def recipe(folder: Path, model: Path, old: str = "", new: str = "") -> dict[str, str]:
    """The recipes' versions of a profile in which ``old`` is ``new``."""
    path = write_profile(folder, model)
    path.write_text(path.read_text() + (TAUGHT + POLITE + MILD).replace(old, new))
    return {each.name: each.version for each in build_graph(load_profile(str(path))).recipes}


def test_the_base_as_reference_is_no_other_recipe(tiny_model: Path, tmp_path: Path) -> None:
    line = 'reference = "base_policy"\n'
    none, base, other = (
        recipe(tmp_path / str(number), tiny_model, line, text)["polite"]
        for number, text in enumerate(("", 'reference = "taught"\n', line))
    )
    assert none == base != other


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"base_policy"\nreplayed', '"nobody"\nreplayed', "models.polite: unknown model 'nobody'"),
        ('"base_policy"\nreplayed', '"mild"\nreplayed', "is circular"),
        ('trainer = "dpo"', 'trainer = "orpo"', "orpo does not replay rows|compares with no reference"),
        ("taught = 0.5", "nobody = 0.5", "models.mild: unknown model 'nobody'"),
        ("taught = 0.5", "polite = 0.5", "'polite' is the base, which has the rest: leave it out"),
        ("{ taught = 0.5, base_policy = 0.25 }", "{}", "shares is empty: name a model to average with"),
        ("taught = 0.5", "taught = 0.8", "sum up to 1.05 and leave the base nothing"),
        ('base = "polite"', 'base = "polite"\ndataset = "cai_sft"', "average learns from nothing: leave it"),
        ('dataset = "demonstrations"\n', "", "models.taught.dataset is missing: add it"),
        (
            "training = { shares",
            "training = { seed = 1, shares",
            "so that seed changes nothing: leave it out",
        ),
    ],
)
def test_what_does_not_fit_is_refused_when_it_is_read(
    old: str, new: str, said: str, tiny_model: Path, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match=said):
        recipe(tmp_path, tiny_model, old, new)


def test_who_is_behind_a_model_is_known_before_it_is_built(tiny_model: Path, tmp_path: Path) -> None:
    path = write_profile(tmp_path, tiny_model)
    path.write_text(path.read_text() + TAUGHT + POLITE)
    models = load_profile(str(path)).models
    for reference in ("polite", "taught", "base_policy"):
        require_ancestor("rounds.kind.reference", reference, "polite", models)
    with pytest.raises(
        ValueError, match="'taught' is not trained from 'polite', so that it cannot be its ref"
    ):
        require_ancestor("rounds.kind.reference", "polite", "taught", models)
