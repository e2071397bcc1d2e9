"""What an experiment says of a model that the main line trained, and of what stands on what it shares."""

from datasets_registry.catalog.line import Line
from datasets_registry.inspecting.lineage import downstream
from datasets_registry.inspecting.model_details import model_details
from datasets_registry.manifest import Manifest, VersionReference
from datasets_registry.registry import Registry
from datasets_registry.rows.rlaif import PreferencePair
from datasets_registry.upkeep.removing import remove
from datasets_registry.version import Derivation, Version
from tests.rows import make


def how(*inputs: Version, **settings: object) -> Derivation:
    """How something was made."""
    return Derivation(code_version="1", settings=settings, inputs=inputs)


def pairs(registry: Registry, number: int) -> Version:
    """A version of one pair."""
    rows = [make(PreferencePair, pair_id=f"p{number}")]
    return registry.record_checks(registry.commit(PreferencePair, rows, how(number=number)), [])


def trained(registry: Registry, data: Version) -> Version:
    """A model whose manifest names its data."""
    folder = registry.state.models / "policy" / "0123456789abcdef"
    folder.mkdir(parents=True)
    Manifest(name="policy", datasets={"train": VersionReference.from_version(data)}).write(folder)
    return registry.record_checks(registry.commit_model("policy", folder, "f" * 64, how(data)), [])


def test_a_model_that_is_taken_over_names_its_own_data(registry: Registry) -> None:
    of_main, ours = pairs(registry, 1), registry.of(Line("beta_03"))
    model = trained(registry, of_main)
    pairs(ours, 2)
    data = ours.reuse(of_main, how(number=1))
    assert str(data) == "experiments/beta_03/preference_pairs@2"
    own = ours.reuse(model, how(data))
    # the number that the manifest has is another version here
    assert model_details(ours, own).datasets["train"].version == str(data)
    assert model_details(ours, ours.resolve(f"main/{model}")).datasets["train"].version == str(of_main)
    remove(registry, [model, of_main])
    assert model_details(ours, own).datasets["train"].data_version == of_main.data_version


def test_what_experiments_made_of_an_import_is_below_it(registry: Registry) -> None:
    imported = registry.commit(
        PreferencePair,
        [make(PreferencePair)],
        Derivation(code_version="import:1", settings={}, inputs=()),
        "asked",
    )
    ours = registry.of(Line("beta_03", frozenset(["asked"])))
    made = ours.commit(PreferencePair, [make(PreferencePair)], how(imported))
    for each in (registry, ours, registry.of(Line("other"))):
        seen = each.resolve("main/asked@1")
        assert [node.name for node in downstream(each, seen).built] == [made.whole]
