"""Which versions a graph stands on: those of its own recipes, and a model of earlier data amid a run."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import pytest

from datasets_registry.errors import UnknownVersion
from datasets_registry.registry import Registry
from datasets_registry.rows.imported import Demonstration, HumanPreference
from datasets_registry.views.scanning import scanning
from quality.auditing.publishing import publish
from tests.assets.small import IMPORTED, write_base_profile, write_profile
from tests.assets.workshop import Workshop
from tests.rows import make

MODELS = """
[models.taught]
trainer = "sft"
base = "base_policy"
dataset = "demonstrations"
training = { learning_rate = 1e-3, batch_size = 2, max_steps = STEPS, min_steps = 1, max_length = 128 }

[models.polite]
trainer = "dpo"
base = "taught"
dataset = "human_preferences"
training = { learning_rate = 1e-3, batch_size = 2, max_steps = 2, min_steps = 1, max_length = 128 }
"""
NAMES = {"base_policy", "taught", "polite"}
pytestmark = pytest.mark.filterwarnings("ignore::dagster.PreviewWarning")


@pytest.fixture
def workshops(tmp_path: Path, tiny_model: Path, registry: Registry) -> Iterator[tuple[Workshop, Workshop]]:
    """Two profiles on one state that differ in one trainer's setting, of which nothing is built yet."""
    with opened(write_base_profile, tmp_path, tiny_model, registry) as both:
        yield both


@pytest.fixture
def whole(tmp_path: Path, tiny_model: Path, registry: Registry) -> Iterator[tuple[Workshop, Workshop]]:
    """The same two with all datasets that the small profile has."""
    with opened(write_profile, tmp_path, tiny_model, registry) as both:
        yield both


@contextmanager
def opened(
    write: Callable[[Path, Path], Path], folder: Path, model: Path, registry: Registry
) -> Iterator[tuple[Workshop, Workshop]]:
    """Both profiles, on what ``write`` writes."""
    publish(registry, Demonstration, [make(Demonstration, f"d{number}") for number in range(4)], IMPORTED)
    pairs = [make(HumanPreference, f"q{number}", chosen="yes yes", rejected="no no") for number in range(4)]
    publish(registry, HumanPreference, pairs, IMPORTED)
    with dg.DagsterInstance.ephemeral() as one_day, dg.DagsterInstance.ephemeral() as another_day:
        built = []
        for steps, instance in (("2", one_day), ("3", another_day)):
            path = write(folder / steps, model)
            path.write_text(path.read_text() + MODELS.replace("STEPS", steps))
            built.append(Workshop(path, registry, instance, lambda _: "yes"))
        yield built[0], built[1]


def test_two_profiles_on_one_state_train_each_its_own_models(workshops: tuple[Workshop, Workshop]) -> None:
    first, second = workshops
    registry = first.registry
    assert set(first.build(only=NAMES)) == NAMES
    assert set(second.build(only=NAMES)) == {"taught", "polite"}
    assert first.build(only=NAMES) == [] and second.build(only=NAMES) == []
    for number in (1, 2):
        inputs = registry.derivation(registry.version("polite", number)).inputs
        assert {str(version) for version in inputs} == {f"taught@{number}", "human_preferences@1"}
    assert str(second.graph().known.versions(registry).passed("taught")) == "taught@2"
    assert str(first.graph().known.versions(registry).passed("taught")) == "taught@1"


def test_an_import_amid_a_run_lets_what_stands_on_a_trained_model_go_on(
    workshops: tuple[Workshop, Workshop],
) -> None:
    first, second = workshops
    registry = first.registry
    first.build(only={"base_policy", "taught"})
    new = [make(Demonstration, f"e{number}") for number in range(4)]
    publish(registry, Demonstration, new, IMPORTED.model_copy(update={"settings": {"file": "new"}}))
    versions = first.graph().known.versions(registry)
    assert str(versions.passed("taught")) == "taught@1"
    # the other profile's recipe never made one, and does not take this one's
    with pytest.raises(UnknownVersion, match="'taught' has no version of this profile's recipe"):
        second.graph().known.versions(registry).derivation("polite")
    assert set(first.build(only=NAMES)) == {"taught", "polite"}


def test_equal_datasets_and_completions_are_shared(whole: tuple[Workshop, Workshop]) -> None:
    first, second = whole
    names = {"base_policy", "red_team_prompts", "helpful_prompts", "helpful_answers", "cai_revisions"}
    assert set(first.build(only=names)) == names and first.requests
    assert second.build(only=names) == []
    second.path.write_text(second.path.read_text().replace("num_revisions = 2", "num_revisions = 1"))
    # fewer revisions are another dataset, of completions that are stored already
    assert second.build(only=names) == ["cai_revisions"] and second.requests == []
    assert first.build(only=names) == [] and second.build(only=names) == []
    with scanning(first.registry.state) as connection:
        connection.execute(f"ATTACH '{first.registry.state.views}' AS views (READ_ONLY)")
        ((newest,),) = connection.execute("SELECT max(step) FROM views.cai_revisions").fetchall()
    assert newest == 1
