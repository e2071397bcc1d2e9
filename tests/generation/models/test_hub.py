"""Models of the hub are downloaded whole, once for each commit, into the state; a refusal says what to do."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from obstore.store import MemoryStore

from datasets_registry.errors import BadInput
from datasets_registry.state import REPOSITORY
from datasets_registry.store.model_files import fetch_folder, send_folder
from datasets_registry.stores.bucket import BucketStore
from generation.models.folder import fingerprint, validated_folder
from generation.models.sources import resolve_model
from tests.generation.models.loopback_hub import FIRST, SECOND, Hub, loopback_hub

NAME = "owner/tiny-model"
DOWNLOAD = """
import json, sys
from pathlib import Path
from datasets_registry.errors import TrimtabError
from generation.models.sources import resolve_model
try:
    said = []
    folder = resolve_model(sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3]), said.append)
    print(json.dumps({"folder": str(folder), "said": said}))
except TrimtabError as error:
    print(json.dumps({"error": str(error)}))
"""


@pytest.fixture
def hub(tiny_model: Path) -> Iterator[Hub]:
    """A hub with the tiny model."""
    with loopback_hub(tiny_model) as served:
        yield served


def untold() -> dict[str, str]:
    """The environment without what tests tell the hub's client."""
    return {name: told for name, told in os.environ.items() if not name.startswith(("HF_", "COVERAGE"))}


def resolved(hub: Hub, models: Path, revision: str | None = None, **environment: str) -> dict[str, str]:
    """What a process of its own, that nobody told to be offline, is given for a hub id."""
    run = subprocess.run(
        [sys.executable, "-c", DOWNLOAD, NAME, str(models), json.dumps(revision)],
        env=untold()
        | {"HF_ENDPOINT": hub.address, "HF_HOME": str(models.parent / "hf"), "PYTHONPATH": str(REPOSITORY)}
        | environment,
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
    )
    assert run.returncode == 0, run.stderr
    found: dict[str, str] = json.loads(run.stdout)
    return found


def test_a_model_lies_whole_in_the_state_by_repository_and_commit(
    hub: Hub, tiny_model: Path, tmp_path: Path
) -> None:
    models = tmp_path / "models"
    first = resolved(hub, models)
    folder = Path(first["folder"])
    assert folder == models / "hub" / "owner--tiny-model" / FIRST
    assert fingerprint(validated_folder(folder)) == fingerprint(tiny_model)
    assert f"downloads {NAME} at {FIRST[:12]}" in first["said"][0]
    # nothing of it is a link to elsewhere, or a file of the client's own
    assert {path.name for path in folder.rglob("*")} == {path.name for path in tiny_model.iterdir()}
    assert not any(path.is_symlink() for path in folder.rglob("*"))
    hub.asked.clear()
    assert resolved(hub, models)["folder"] == str(folder)
    assert not [asked for asked in hub.asked if "resolve" in asked]


def test_without_a_network_the_last_commit_is_taken_and_said(hub: Hub, tmp_path: Path) -> None:
    folder = resolved(hub, tmp_path / "models")["folder"]
    hub.refuses_info = (503, "")
    again = resolved(hub, tmp_path / "models")
    assert again["folder"] == folder and "out of reach" in again["said"][0]
    assert resolved(hub, tmp_path / "models", HF_HUB_OFFLINE="1")["folder"] == folder


def test_a_download_that_was_cut_is_no_model_and_goes_on(hub: Hub, tiny_model: Path, tmp_path: Path) -> None:
    models, size = tmp_path / "models", (tiny_model / "model.safetensors").stat().st_size
    hub.cut = size // 4
    broken = resolved(hub, models)
    assert "could not be downloaded from the hub" in broken["error"] and "where it was" in broken["error"]
    assert not (models / "hub" / "owner--tiny-model" / FIRST).exists()
    hub.cut = None
    hub.asked.clear()
    assert fingerprint(Path(resolved(hub, models)["folder"])) == fingerprint(tiny_model)
    # what had come is not asked for again
    assert [asked for asked in hub.asked if asked.startswith("GET") and "resolve" in asked] == [
        f"GET /{NAME}/resolve/{FIRST}/model.safetensors"
    ]


def test_what_the_clients_cache_holds_is_linked_and_not_downloaded(hub: Hub, tmp_path: Path) -> None:
    cached = "import huggingface_hub as h; print(h.snapshot_download('owner/tiny-model'))"
    run = subprocess.run(
        [sys.executable, "-c", cached],
        env=untold() | {"HF_ENDPOINT": hub.address, "HF_HOME": str(tmp_path / "hf")},
        capture_output=True,
        text=True,
    )
    snapshot = Path(run.stdout.strip())
    hub.asked.clear()
    folder = Path(resolved(hub, tmp_path / "models")["folder"])
    assert not [asked for asked in hub.asked if "resolve" in asked]
    weights = folder / "model.safetensors"
    assert not weights.is_symlink() and weights.samefile(snapshot / "model.safetensors")
    shutil.rmtree(tmp_path / "models")
    assert resolved(hub, tmp_path / "models", HF_HUB_OFFLINE="1")["folder"] == str(folder)


def test_a_revision_pins_a_commit_a_branch_or_a_tag(hub: Hub, tiny_model: Path, tmp_path: Path) -> None:
    other = shutil.copytree(tiny_model, tmp_path / "other")
    (other / "chat_template.jinja").write_text("{{ messages }}")
    hub.commits[SECOND] = other
    hub.branches |= {"refs/pr/1": SECOND, "v2": SECOND}
    models = tmp_path / "models"
    for revision, commit in ((None, FIRST), (SECOND, SECOND), ("v2", SECOND), ("refs/pr/1", SECOND)):
        assert Path(resolved(hub, models, revision)["folder"]).name == commit
    hub.branches["main"] = SECOND
    assert Path(resolved(hub, models)["folder"]).name == SECOND
    error = resolved(hub, models, "v3")["error"]
    assert (
        error == f"model '{NAME}' has no revision 'v3': name a branch, tag or commit of {hub.address}/{NAME}"
    )


@pytest.mark.parametrize("status", [401, 403])
def test_a_gated_model_says_licence_and_never_the_token(hub: Hub, tmp_path: Path, status: int) -> None:
    hub.refuses = (status, "GatedRepo")
    error = resolved(hub, tmp_path / "models")["error"]
    assert f"accept its licence at {hub.address}/{NAME}" in error and "set HF_TOKEN" in error
    assert "none is set" in error
    error = resolved(hub, tmp_path / "models", HF_TOKEN="hf_hidden")["error"]
    assert "the one that is set has no access" in error and "hf_hidden" not in error
    assert "Bearer hf_hidden" in hub.tokens


def test_a_name_that_is_not_there_may_be_private(hub: Hub, tmp_path: Path) -> None:
    hub.refuses_info = (401, "RepoNotFound")
    error = resolved(hub, tmp_path / "models")["error"]
    assert "is not on the hub, or is private or gated" in error and "HF_TOKEN" in error


def test_a_shard_that_the_index_names_must_be_there(tiny_model: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(tiny_model, tmp_path / "copy")
    index = {"weight_map": {"a": "model.safetensors", "b": "model-00002.safetensors"}}
    (copy / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(BadInput, match="has no model-00002.safetensors, which model.safetensors.index"):
        validated_folder(copy)


def test_only_a_hub_id_has_a_revision(tiny_model: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="only a hub id such as 'owner/name' has revisions"):
        resolve_model(str(tiny_model), tmp_path, "v1")


def test_what_links_needed_of_a_model_is_not_taken_for_the_whole_of_it(
    hub: Hub, tiny_model: Path, tmp_path: Path
) -> None:
    """A pinned folder that came from a bucket links to all files but the template, which it has itself."""
    bucket, left_out = MemoryStore(), "tokenizer_config.json"
    place = Path("models", "hub", "owner--tiny-model", FIRST)
    pinned = tmp_path / "a" / "models" / "pinned" / "0"
    for folder in (tmp_path / "a" / place, pinned):
        folder.mkdir(parents=True)
    for path in tiny_model.iterdir():
        shutil.copyfile(path, tmp_path / "a" / place / path.name)
        if path.name != left_out:
            (pinned / path.name).symlink_to(Path("../..", *place.parts[1:], path.name))
    files = send_folder(BucketStore("s3://lab", tmp_path / "a", bucket), pinned)
    fetched = tmp_path / "b" / "models" / "pinned" / "0"
    fetch_folder(BucketStore("s3://lab", tmp_path / "b", bucket), fetched, files)
    whole = tmp_path / "b" / place
    assert not (whole / left_out).exists()
    for _ in range(2):
        assert resolved(hub, tmp_path / "b" / "models")["folder"] == str(whole)
    assert {path.name for path in whole.iterdir()} == {path.name for path in tiny_model.iterdir()}
    assert all(path.read_bytes() == (tiny_model / path.name).read_bytes() for path in fetched.iterdir())
