"""Models that a profile names: any trainer over any base and dataset; what does not fit is refused."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from assets.demo import build
from assets.graph import build_graph
from assets.plan import plan
from assets.profile import load_profile
from datasets_registry.errors import BadInput
from datasets_registry.imported_schemas import Demonstration, HumanPreference
from datasets_registry.registry import Registry
from datasets_registry.version import Derivation
from quality.publishing import publish
from tests.assets.small import write_profile
from tests.assets.workshop import Workshop
from tests.rows import make

MODELS = """
[tracking]
checkpoint_minutes = 0

[models.polite]
trainer = "dpo"
base = "taught"
dataset = "human_preferences"
training = { learning_rate = 1e-3, batch_size = 2, max_steps = 2, max_length = 128 }

[models.taught]
trainer = "sft"
base = "base_policy"
dataset = "demonstrations"
training = { learning_rate = 1e-3, batch_size = 2, max_steps = 2, max_length = 128 }
"""
NOTHING = Derivation(code_version="1", settings={}, inputs=())
pytestmark = pytest.mark.filterwarnings("ignore::dagster.PreviewWarning")


@pytest.fixture
def workshop(tmp_path: Path, tiny_model: Path, registry: Registry) -> Iterator[Workshop]:
    """A profile of two models over imported data, of which nothing is built yet."""
    path = write_profile(tmp_path / "profile", tiny_model)
    path.write_text(path.read_text() + MODELS)
    people = [make(HumanPreference, f"q{one}", chosen="yes yes", rejected="no no") for one in range(4)]
    publish(registry, HumanPreference, people, NOTHING)
    publish(registry, Demonstration, [make(Demonstration, f"d{one}") for one in range(4)], NOTHING)
    with dg.DagsterInstance.ephemeral() as instance:
        yield Workshop(path, registry, instance, lambda _: "yes")


def test_models_are_built_after_their_bases_from_imported_data(workshop: Workshop) -> None:
    names = {"base_policy", "taught", "polite"}
    assert workshop.build(only=names) == ["base_policy", "taught", "polite"]
    assert workshop.build(only=names) == []
    version = workshop.registry.passed("polite")
    inputs = {one.name for one in workshop.registry.derivation(version).inputs}
    assert inputs == {"taught", "human_preferences"}
    assert {one.check for one in workshop.registry.checks(version)} == {"rows_lost", "chosen_falls"}


def test_lost_rows_are_a_red_check_in_the_ui_and_no_model(workshop: Workshop) -> None:
    long = [make(Demonstration, f"l{one}", completion="word " * 200) for one in range(4)]
    publish(workshop.registry, Demonstration, [*long, make(Demonstration, "d")], NOTHING)
    graph = workshop.graph()
    steps = [one for one in plan(graph, workshop.registry) if one.name in {"base_policy", "taught"}]
    assert "would lose 80% of its usable rows" in str(build(graph, workshop.instance, steps))
    assert workshop.registry.newest("taught") is None
    records = workshop.instance.event_log_storage.get_asset_check_execution_history(
        dg.AssetCheckKey(dg.AssetKey("taught"), "rows_lost"), limit=1
    )
    assert [one.status.value for one in records] == ["FAILED"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('base = "taught"', 'base = "nobody"', "models.polite: unknown model 'nobody'"),
        ('base = "base_policy"', 'base = "polite"', "stand on one another"),
        ("models.polite", "models.sft_policy", "models.sft_policy: the graph has an asset of this name"),
        ('"demonstrations"', '"sft_policy"', "'sft_policy' is a model: name a dataset"),
        ('trainer = "sft"', 'trainer = "alchemy"', "models.taught"),
        ("max_steps = 2", "max_step = 2", "unknown key 'models"),
    ],
)
def test_sections_that_do_not_fit_are_refused(
    old: str, new: str, said: str, tmp_path: Path, tiny_model: Path
) -> None:
    path = write_profile(tmp_path, tiny_model)
    path.write_text(path.read_text() + MODELS.replace(old, new))
    with pytest.raises(BadInput, match=said):
        build_graph(load_profile(str(path)))
