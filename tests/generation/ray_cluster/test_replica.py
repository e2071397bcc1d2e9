"""A replica as its process runs it: handfuls, what is given meanwhile, failures, and the model's files."""

import os
import shutil
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from obstore.store import MemoryStore

from datasets_registry.errors import BadInput
from datasets_registry.state import State
from datasets_registry.store import kept_digests
from datasets_registry.store.model_files import send_folder
from datasets_registry.stores.bucket import BucketStore
from generation.backends import open_backend
from generation.engine import EngineSettings
from generation.models.folder import fingerprint
from generation.ray_cluster import model_files
from generation.ray_cluster.dispatch import Answer
from generation.ray_cluster.model_files import ModelFiles
from generation.ray_cluster.replica import NUMBERED, Failure, Opening, Replica
from generation.renderer import renderer
from generation.request import Request
from tests.generation.known_model import ask
from tests.generation.ray_cluster.sleeping import NAME, answer


@pytest.fixture
def replica(state: State) -> Iterator[Replica]:
    """A sleeping one of four slots."""
    opening = Opening(NAME, EngineSettings(batch_size=4), open_backend, lambda: None, {})
    made = Replica(opening)
    place = made.ready()
    assert place.pid == os.getpid() and place.renderer == renderer()
    yield made
    made.close()


def numbered(number: int, tokens: int = 1) -> list[tuple[int, Request]]:
    """Requests by their numbers, which begin at ten."""
    return [(place + 10, ask(f"story {place}", max_tokens=tokens)) for place in range(number)]


def handfuls(replica: Replica, number: int) -> list[list[Answer]]:
    """Handfuls until so many answers have come."""
    found: list[list[Answer]] = []
    for handful in replica.answers():
        assert not isinstance(handful, Failure), handful
        found.append(handful)
        if sum(map(len, found)) >= number:
            break
    return found


def test_answers_come_by_number_in_handfuls_and_the_last_ones_at_once(
    replica: Replica, tiny_model: Path
) -> None:
    model, requests = ModelFiles.of(tiny_model, None), numbered(100)
    for part in (requests[:64], requests[64:]):
        replica.give(model, NUMBERED.dump_json(part))
    began = time.monotonic()
    found = handfuls(replica, 100)
    assert time.monotonic() - began < 5
    assert {number: completion.text for handful in found for number, completion in handful} == {
        number: answer(request) for number, request in requests
    }
    assert max(map(len, found)) <= 32 and len(found) <= 8


def test_what_was_finished_early_does_not_wait_for_the_slowest(replica: Replica, tiny_model: Path) -> None:
    requests = [*numbered(3), (99, ask("long", max_tokens=300))]
    replica.give(ModelFiles.of(tiny_model, None), NUMBERED.dump_json(requests))
    began = time.monotonic()
    (first,) = islice(replica.answers(), 1)
    assert not isinstance(first, Failure) and len(first) == 3 and time.monotonic() - began < 2


def test_a_refusal_and_a_failure_are_the_last_word(replica: Replica, tiny_model: Path) -> None:
    replica.give(ModelFiles.of(tiny_model, None), NUMBERED.dump_json([(0, ask("unread"))]))
    (failure,) = replica.answers()
    assert failure == Failure("the model reads no such thing", refused=True)


def test_requests_without_an_answer_or_unreadable_are_a_last_word_too(
    replica: Replica, tiny_model: Path
) -> None:
    model = ModelFiles.of(tiny_model, None)
    replica.give(model, NUMBERED.dump_json([(0, ask("skip")), (1, ask("story"))]))
    replica.give(model, b"no requests")
    said = [each for _ in range(2) for each in replica.answers() if isinstance(each, Failure)]
    assert sorted(failure.refused for failure in said) == [False, True]
    assert any("answered 1 of 2 requests" in failure.sentence for failure in said)


def test_other_files_of_a_model_are_refused_and_large_ones_are_not_hashed_again(
    tiny_model: Path, tmp_path: Path, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_digests, "LARGE", 1)
    monkeypatch.setattr(model_files, "LARGE", 1)
    folder = shutil.copytree(tiny_model, tmp_path / "model")
    model = ModelFiles.of(folder, None)
    assert model.weights and model.fingerprint == fingerprint(folder)
    # of a node that has not seen these files before
    shutil.rmtree(state.cache)
    monkeypatch.setattr(kept_digests, "file_digest", lambda path: pytest.fail(f"{path} was hashed"))
    model.require_here()
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes() + b"x")
    with pytest.raises(BadInput, match=r"has [\d,]+ of its [\d,]+ bytes: .*model.safetensors, .* let all"):
        model.require_here()
    weights.unlink()
    with pytest.raises(BadInput, match=r"has no such file: .*model.safetensors"):
        model.require_here()
    shutil.rmtree(folder)
    with pytest.raises(BadInput, match="has no such file"):
        model.require_here()


def test_another_template_beside_equal_weights_is_another_model(tiny_model: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_model, tmp_path / "model")
    model = ModelFiles.of(folder, None)
    config = folder / "config.json"
    config.write_text(config.read_text().replace('"rms_norm_eps"', '"rms_norm_eps_of_another"'))
    with pytest.raises(BadInput, match=rf"has the model [0-9a-f]+ there: .* {model.fingerprint[:16]}"):
        model.require_here()


def test_a_node_without_the_model_fetches_it_from_the_bucket_once(
    tiny_model: Path, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIMTAB_STORE", "s3://bucket")
    bucket = BucketStore("s3://bucket", state.root, MemoryStore())
    monkeypatch.setattr(model_files, "store_of", lambda of: bucket)
    folder = shutil.copytree(tiny_model, state.models / "policy")
    send_folder(bucket, folder)
    model = ModelFiles.of(folder, None)
    shutil.rmtree(folder)
    model.require_here()
    assert fingerprint(folder) == model.fingerprint == fingerprint(tiny_model)
    monkeypatch.setattr(bucket, "fetch", lambda *asked: pytest.fail("it is there"))
    model.require_here()
