"""A model that a method asks is the registered one: files that were changed since answer nothing."""

import shutil
from pathlib import Path

import pytest

from assets.building.given import register_given
from assets.building.inputs import open_local
from assets.profile.models import GivenModel
from datasets_registry.errors import BadInput, BrokenObject
from datasets_registry.registry import Registry
from generation.models.folder import fingerprint
from tests.training.runs import NOTHING


def test_a_model_whose_files_changed_is_not_opened(
    registry: Registry, tiny_model: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(tiny_model, tmp_path / "model")
    version = registry.commit_model("policy", folder, fingerprint(folder), NOTHING)
    given = GivenModel(model=str(folder), backend="transformers")
    open_local(registry, version, given).close()
    (folder / "chat_template.jinja").write_text("{{ messages }}")
    with pytest.raises(
        BrokenObject, match="are not those that were registered as policy@1, but were changed"
    ):
        open_local(registry, version, given)


def test_a_given_model_is_looked_at_before_it_is_registered(
    registry: Registry, tiny_model: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(tiny_model, tmp_path / "model")
    config = (folder / "config.json").read_text()
    (folder / "config.json").write_text(
        config.replace('"num_hidden_layers": 2', '"num_hidden_layers": 4').replace('"layer_types"', '"were"')
    )
    with pytest.raises(BadInput, match="lacks the weight model.layers.2"):
        register_given(registry, "base_policy", NOTHING, folder)
    assert registry.names("model") == []
