"""A given model whose chat template depends on the date or can think is held fast when it is built."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from assets.building.declared import Given
from assets.building.recipe import recipe_of
from assets.profile.models import GivenModel
from benchmarks.sides.generation.templates import shipped_templates, with_template
from datasets_registry.inspecting.origins import origin
from datasets_registry.registry import Registry
from generation.chat import IN_FIRST_USER_TURN
from generation.models.folder import fingerprint
from generation.templates.opening import open_tokenizer
from tests.assets.small import write_base_profile
from tests.assets.workshop import Workshop

TEMPLATES = {path.stem: path.read_text() for path in shipped_templates()}
pytestmark = pytest.mark.filterwarnings("ignore::dagster.PreviewWarning")


@pytest.fixture
def hybrid(tmp_path: Path, tiny_model: Path) -> Path:
    """A model that thinks by itself."""
    return with_template(tiny_model, TEMPLATES["qwen3"], tmp_path / "hybrid")


@pytest.fixture
def workshop(tmp_path: Path, hybrid: Path, registry: Registry) -> Iterator[Workshop]:
    """A profile over that model, of which nothing is built yet."""
    path = write_base_profile(tmp_path / "profile", hybrid)
    with dg.DagsterInstance.ephemeral() as instance:
        yield Workshop(path, registry, instance, lambda _: "yes")


def test_the_version_of_a_given_model_has_the_template_that_is_used(
    workshop: Workshop, hybrid: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert workshop.build(only={"base_policy"}) == ["base_policy"]
    version = workshop.registry.passed("base_policy")
    folder = workshop.registry.folder(version)
    assert version.data_version == fingerprint(folder) != fingerprint(hybrid)
    assert str(open_tokenizer(folder).chat_template).startswith("{%- set enable_thinking = false %}\n")
    assert "its chat template is held fast, so that it does not think" in capsys.readouterr().out
    assert origin(workshop.registry, version).description == "a local directory"
    assert workshop.build(only={"base_policy"}) == []


def test_another_thinking_is_another_version(workshop: Workshop, hybrid: Path) -> None:
    workshop.build(only={"base_policy"})
    text = workshop.path.read_text()
    workshop.path.write_text(text.replace("engine = {", "thinking = true\nengine = {", 1))
    assert workshop.build(only={"base_policy"}) == ["base_policy"]
    version = workshop.registry.passed("base_policy")
    # as the template is by itself, so that earlier keys hold
    assert version.data_version == fingerprint(hybrid)
    assert workshop.registry.folder(version) == hybrid


def test_a_recipe_has_thinking_only_where_it_is_set() -> None:
    bare, told = (
        recipe_of(Given("base_policy", GivenModel(model="a/m", thinking=thinking)))
        for thinking in (None, True)
    )
    assert bare.settings == {"model": "a/m"} and told.settings == {"model": "a/m", "thinking": True}
    placed = recipe_of(Given("base_policy", GivenModel(model="a/m", system=IN_FIRST_USER_TURN)))
    assert placed.settings == {"model": "a/m", "system": "in the first user turn"}
