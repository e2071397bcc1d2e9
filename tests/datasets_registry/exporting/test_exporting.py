"""An export is whole or absent, comes back as the same version, and explains itself."""

import json
from pathlib import Path

import pytest

from datasets_registry.cards.dataset import without_secrets
from datasets_registry.cards.forms import Form
from datasets_registry.errors import BadInput, TrimtabError
from datasets_registry.exporting.exporting import export
from datasets_registry.exporting.pushing import push, require_pushable
from datasets_registry.registry import Registry
from datasets_registry.rows.cai import SftExample
from datasets_registry.rows.imported import ChatMessage, HumanPreference
from datasets_registry.rows.prompts import HelpfulPrompt
from datasets_registry.rows.rlaif import PreferencePair
from datasets_registry.rows.row import Row
from datasets_registry.version import CheckResult, Derivation, Version
from tests.datasets_registry.samples import imported
from tests.rows import make

WHOLE: tuple[Form, ...] = ("jsonl", "csv", "parquet", "hf")
AWKWARD = 'quote " comma, \r\nnew line\ttab \\ é 漢 😀 \u2028 {"a": 1} =1+1'
GREEN = CheckResult(check="c|x", passed=True, severity="error", value=0, threshold=0, description="none")


def committed(registry: Registry, *rows: Row, inputs: tuple[Version, ...] = ()) -> Version:
    """The rows as a passed version."""
    settings = {"temperature": 0.7, "api_key": "hidden", "url": "https://me:hidden@host/v1", "max_tokens": 5}
    how = Derivation(code_version="7", settings=settings, inputs=inputs)
    return registry.record_checks(registry.commit(type(rows[0]), rows, how), [GREEN])


def preferences(registry: Registry) -> Version:
    """Nested messages, nulls, floats and texts that are hard to quote."""
    awkward = make(HumanPreference, "p2", chosen=AWKWARD, score_chosen=0.1 + 0.2, score_rejected=-1e300)
    return committed(registry, make(HumanPreference), awkward)


@pytest.mark.parametrize("form", WHOLE)
def test_an_export_imported_again_is_the_same_version(registry: Registry, tmp_path: Path, form: Form) -> None:
    version = preferences(registry)
    export(registry, version, form, tmp_path / "out")
    found = imported(tmp_path / "out")
    assert found.format.name == "rows" and not found.rejections
    again = registry.commit(HumanPreference, found.rows, found.derivation, "again")
    assert again.data_version == version.data_version


@pytest.mark.parametrize("form", WHOLE)
def test_empty_text_null_and_numbers_stay_what_they_are(
    registry: Registry, tmp_path: Path, form: Form
) -> None:
    rows = [
        make(PreferencePair, "p1", failure="", chosen="null", rejected="", logit_ab=-0.0, p_a=1e-320),
        make(PreferencePair, "p2", failure=None, chosen=None, rejected="NA", logit_ab=1.0, p_a=None),
    ]
    version = committed(registry, *rows)
    export(registry, version, form, tmp_path / "out")
    assert registry.rows(PreferencePair, version) == imported(tmp_path / "out").rows


@pytest.mark.parametrize("form", WHOLE)
def test_splits_are_files_and_the_library_loads_them(registry: Registry, tmp_path: Path, form: Form) -> None:
    import datasets

    rows = [make(HelpfulPrompt), make(HelpfulPrompt, "p2"), make(HelpfulPrompt, "e", split="evaluation")]
    version = committed(registry, *rows)
    export(registry, version, form, tmp_path / "out")
    loaded = datasets.load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))
    assert {name: one.num_rows for name, one in loaded.items()} == {"train": 2, "evaluation": 1}
    if form == "hf":
        mapped = datasets.load_from_disk(str(tmp_path / "out"))
        assert {name: one.to_list() for name, one in mapped.items()} == {
            name: one.to_list() for name, one in loaded.items()
        }


def test_nested_columns_load_from_both_layouts(registry: Registry, tmp_path: Path) -> None:
    import datasets

    export(registry, preferences(registry), "hf", tmp_path / "out")
    mapped = datasets.load_from_disk(str(tmp_path / "out"))["train"]
    loaded = datasets.load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))["train"]
    assert mapped.features == loaded.features and mapped.to_list() == loaded.to_list()
    assert mapped[0]["messages"] == [ChatMessage(role="user", content="hi").model_dump()]


def test_a_folder_with_files_is_refused_and_an_empty_one_taken(registry: Registry, tmp_path: Path) -> None:
    version = preferences(registry)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("x")
    with pytest.raises(BadInput, match="full is not empty: name another folder, or empty this one"):
        export(registry, version, "csv", tmp_path / "full")
    with pytest.raises(BadInput, match="is a file"):
        export(registry, version, "csv", tmp_path / "full" / "mine")
    (tmp_path / "empty").mkdir()
    exported = export(registry, version, "csv", tmp_path / "empty")
    assert [one.name for one in exported.files] == ["README.md", "train.csv"]


def test_an_export_that_fails_leaves_nothing(registry: Registry, tmp_path: Path) -> None:
    version = preferences(registry)

    def full(done: int) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "here").mkdir()
    with pytest.raises(TrimtabError, match="No space left on device"):
        export(registry, version, "hf", tmp_path / "here" / "out", full)
    assert list((tmp_path / "here").iterdir()) == []


def test_a_model_is_not_exported(registry: Registry, tiny_model: Path, tmp_path: Path) -> None:
    how = Derivation(code_version="1", settings={}, inputs=())
    with pytest.raises(BadInput, match="policy@1 is a model"):
        export(registry, registry.commit_model("policy", tiny_model, "f" * 64, how), "csv", tmp_path / "out")


def test_the_card_has_columns_figures_checks_lineage_and_licences(registry: Registry, tmp_path: Path) -> None:
    source = committed(registry, make(HelpfulPrompt), make(HelpfulPrompt, "p2", licence="CC-BY-4.0"))
    version = committed(registry, make(SftExample), inputs=(source,))
    export(registry, version, "hf", tmp_path / "out")
    card = (tmp_path / "out" / "README.md").read_text()
    front = card.split("---")[1]
    assert 'license: ["apache-2.0", "cc-by-4.0"]' in front and '"path": "data/train-*.parquet"' in front
    assert "| completion | string | The answer to learn | no |" in card
    assert "| c\\|x | passed | error | 0 | none |" in card
    assert "| cai_sft@1 | dataset | helpful_prompts@1 | 7 |" in card
    assert '"temperature": 0.7' in card and '"max_tokens": 5' in card
    assert "hidden" not in card and "https://host/v1" in card


def test_label_counts_and_nulls_stand_in_the_card(registry: Registry, tmp_path: Path) -> None:
    rows = [make(PreferencePair), make(PreferencePair, "p2", label="tie", chosen=None, rejected=None)]
    export(registry, committed(registry, *rows), "jsonl", tmp_path / "out")
    card = (tmp_path / "out" / "README.md").read_text()
    assert "| a | 1 |\n| tie | 1 |" in card
    assert "| chosen | 50.0% | 3 | 3 | 3 | 3 |" in card


def test_secrets_are_left_out_however_deep() -> None:
    settings = {"engine": [{"hf_token": "x", "api_key_env": "HF_TOKEN"}], "num_tokens": 3}
    assert without_secrets(settings) == {
        "engine": [{"hf_token": "(left out)", "api_key_env": "HF_TOKEN"}],
        "num_tokens": 3,
    }


def test_a_push_without_token_name_or_network_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_TOKEN", raising=False)
    with pytest.raises(BadInput, match="HF_TOKEN is not set"):
        require_pushable("me/data")
    monkeypatch.setenv("HF_TOKEN", "hf_hidden")
    with pytest.raises(BadInput, match="is not a repository: write owner/name"):
        require_pushable("a/b/c")
    (tmp_path / "state.json").write_text(json.dumps({}))
    with pytest.raises(TrimtabError, match="'me/data' cannot be pushed") as raised:
        push(tmp_path, "me/data", endpoint="http://127.0.0.1:9")
    assert "hf_hidden" not in str(raised.value)
