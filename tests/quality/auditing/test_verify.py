"""Damage to what is stored is named, object by object, and reading it is a sentence."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from datasets_registry.errors import BadInput, BrokenCatalog, BrokenObject
from datasets_registry.garbage import collect
from datasets_registry.manifest import Manifest
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import HelpfulAnswer, SftExample
from datasets_registry.rows.prompts import HelpfulPrompt
from datasets_registry.state import State
from datasets_registry.version import Derivation, Version
from generation.models.folder import fingerprint
from generation.templates.opening import open_tokenizer
from generation.templates.probing import rendering_digest
from quality.auditing.publishing import run_checks
from quality.auditing.verify import verify
from quality.checks.check import run_check
from quality.checks.table import checks_of
from tests.loaded import write_adapted
from tests.rows import make


@pytest.fixture
def version(registry: Registry, derivation: Derivation) -> Version:
    """A passed version of one object."""
    rows = [make(HelpfulPrompt, f"p{number}") for number in range(50)]
    version = registry.commit(HelpfulPrompt, rows, derivation)
    results = [run_check(check, registry, version, ()) for check in checks_of("helpful_prompts")]
    return registry.record_checks(version, results)


def flip(path: Path) -> None:
    """Change one byte in the middle."""
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 1
    path.write_bytes(data)


def truncate(path: Path) -> None:
    """Lose the last half."""
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


@pytest.mark.parametrize(
    ("harm", "named"),
    [(flip, "is not the file that was written"), (truncate, "bytes of"), (Path.unlink, "is missing")],
)
def test_each_damage_is_named_and_reading_is_a_sentence(
    harm: Callable[[Path], None], named: str, registry: Registry, version: Version
) -> None:
    assert verify(registry, version) == []
    (path,) = registry.files(version)
    harm(path)
    (damage,) = verify(registry, version)
    assert damage.version == "helpful_prompts@1" and str(path) in damage.what and named in damage.what
    with pytest.raises(BrokenObject, match=str(path)):
        registry.table(version)


def test_every_flipped_byte_is_found(registry: Registry, version: Version) -> None:
    (path,) = registry.files(version)
    whole = path.read_bytes()
    for place in range(0, len(whole), max(1, len(whole) // 200)):
        data = bytearray(whole)
        data[place] ^= 0x40
        path.write_bytes(data)
        assert verify(registry, version), place
    path.write_bytes(whole)
    assert verify(registry, version) == []


def test_committing_the_rows_again_heals_a_truncated_object(
    registry: Registry, version: Version, derivation: Derivation
) -> None:
    rows = registry.rows(HelpfulPrompt, version)
    truncate(registry.files(version)[0])
    assert registry.commit(HelpfulPrompt, rows, derivation).number == version.number
    assert verify(registry, version) == []


def test_a_check_that_finds_something_else_is_named(registry: Registry, version: Version) -> None:
    wrong = [result.model_copy(update={"value": 7.0}) for result in registry.checks(version)]
    registry.record_checks(version, wrong[:1])
    (damage,) = verify(registry, version)
    assert "was 7.0 when recorded and is now 50.0" in damage.what


def test_a_check_repeats_though_what_it_read_was_not_recorded(registry: Registry, version: Version) -> None:
    made = Derivation(code_version="1", settings={}, inputs=(version,))
    answers = registry.commit(HelpfulAnswer, [make(HelpfulAnswer, "p1", prompt="p1 ?")], made)
    registry.record_checks(answers, [])
    row = make(SftExample, "p1", prompt="p1 ?", kind="helpful")
    examples = registry.commit(SftExample, [row], made.model_copy(update={"inputs": (answers,)}))
    results = run_checks(registry, SftExample, examples, (answers, version))
    (equal,) = (result for result in results if result.check == "prompt_equals_source")
    registry.record_checks(examples, results)
    found = {damage.what.split()[1] for damage in verify(registry, examples)}
    assert equal.value is not None and "prompt_equals_source" not in found
    registry.record_checks(examples, [equal.model_copy(update={"value": 7.0})])
    assert any("was 7.0 when recorded" in damage.what for damage in verify(registry, examples))


def test_a_deleted_catalog_is_named_and_never_replaced_by_an_empty_one(
    state: State, derivation: Derivation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TRIMTAB_CATALOG", raising=False)
    registry = Registry(state)
    registry.record_checks(registry.commit(HelpfulPrompt, [make(HelpfulPrompt)], derivation), [])
    registry.engine.dispose()
    for path in state.root.glob("catalog.sqlite*"):
        path.unlink()
    with pytest.raises(BrokenCatalog, match="is gone: restore the catalog from a backup"):
        Registry(state)
    assert not state.catalog.exists()


def test_a_model_whose_base_was_changed_or_lost_is_named(
    registry: Registry, derivation: Derivation, tiny_model: Path, tmp_path: Path
) -> None:
    base = shutil.copytree(tiny_model, registry.state.models / "base")
    registry.commit_model("base_policy", base, fingerprint(base), derivation)
    folder = write_adapted(base, registry.state.models / "policy", 1)
    policy = registry.commit_model("policy", folder, fingerprint(folder), derivation)
    assert verify(registry, policy) == []
    assert base not in collect(registry, timedelta(seconds=-1), dry_run=False).paths and base.exists()
    (base / "chat_template.jinja").write_text("another")
    (changed,) = verify(registry, policy)
    assert "is stored as an adapter over the model" in changed.what and "build both again" in changed.what
    shutil.rmtree(base)
    (lost,) = verify(registry, policy)
    assert f"its folder {base} is gone: build the base again" in lost.what


def test_a_model_that_makes_other_tokens_than_it_was_trained_on_is_named(
    registry: Registry, derivation: Derivation, tiny_model: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(tiny_model, tmp_path / "trained"))
    rendering = rendering_digest(open_tokenizer(folder))
    Manifest(name="taught", rendering=rendering).write(folder)
    model = registry.commit_model("taught", folder, fingerprint(folder), derivation)
    assert verify(registry, model) == []
    Manifest(name="taught", rendering="0" * 16).write(folder)
    (damage,) = verify(registry, model)
    assert "makes other tokens than those that the model was trained on" in damage.what
    with pytest.raises(BadInput, match="put back its template"):
        open_tokenizer(folder)
