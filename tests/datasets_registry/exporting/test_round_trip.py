"""Rows of every type, exported and imported again by themselves, are the same data version."""

import shutil
from pathlib import Path

import pytest

from datasets_registry.cards.forms import Form
from datasets_registry.errors import BadInput
from datasets_registry.exporting.exporting import export
from datasets_registry.registry import Registry
from datasets_registry.rows.judges import CompletionScore
from datasets_registry.rows.prompts import HelpfulPrompt, RedTeamPrompt
from datasets_registry.rows.row import Row
from datasets_registry.rows.types import ROW_TYPES
from datasets_registry.state import State
from datasets_registry.version import Version
from tests.datasets_registry.exporting.odd_rows import odd_rows
from tests.datasets_registry.exporting.test_exporting import WHOLE, committed
from tests.datasets_registry.samples import imported, reasons
from tests.rows import make


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> State:
    """A state root with the catalog in a file, which the rows do not depend on."""
    monkeypatch.setenv("TRIMTAB_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("TRIMTAB_CATALOG", raising=False)
    return State().prepare()


def require_same(registry: Registry, version: Version, path: Path) -> None:
    """What ``path`` holds is, without a word about its row type, the same data version."""
    found = imported(path)
    assert found.format.name == "rows" and not found.rejections, reasons(found)
    again = registry.commit(
        found.format.row, found.rows, found.derivation, f"again_{found.format.row.dataset}"
    )
    assert found.format.row.dataset == version.name
    assert again.data_version == version.data_version


@pytest.mark.parametrize("row", ROW_TYPES.values(), ids=ROW_TYPES)
def test_odd_rows_come_back(registry: Registry, tmp_path: Path, row: type[Row]) -> None:
    version = committed(registry, *odd_rows(row, 40))
    for form in WHOLE:
        folder = tmp_path / form
        export(registry, version, form, folder)
        require_same(registry, version, folder)


@pytest.mark.parametrize("form", WHOLE)
@pytest.mark.parametrize("row", [RedTeamPrompt, HelpfulPrompt])
def test_rows_of_equal_columns_are_told_by_card_or_file(
    registry: Registry, tmp_path: Path, row: type[Row], form: Form
) -> None:
    version = committed(registry, make(row), make(row, "p2"))
    export(registry, version, form, tmp_path / "out")
    moved = (tmp_path / "out").rename(tmp_path / "moved")
    require_same(registry, version, moved)
    (file,) = [path for path in moved.rglob("train*") if path.is_file() and path.suffix != ".arrow"]
    require_same(registry, version, file)
    renamed = file.rename(file.with_name(f"renamed{file.suffix}"))
    require_same(registry, version, renamed)
    alone = Path(shutil.copy(renamed, tmp_path / f"alone{file.suffix}"))
    if file.suffix == ".parquet":
        require_same(registry, version, alone)
    else:
        with pytest.raises(
            BadInput, match="of red_team_prompts and helpful_prompts.*add --like red_team_prompts or --like"
        ):
            imported(alone)


def test_a_card_of_other_rows_beside_a_file_is_not_believed(registry: Registry, tmp_path: Path) -> None:
    prompts = committed(registry, make(HelpfulPrompt))
    export(registry, prompts, "jsonl", tmp_path / "out")
    judgements = committed(registry, *odd_rows(ROW_TYPES["ai_judgements"], 2))
    export(registry, judgements, "jsonl", tmp_path / "others")
    beside = Path(shutil.copy(tmp_path / "others" / "train.jsonl", tmp_path / "out" / "others.jsonl"))
    require_same(registry, judgements, beside)


def test_numbers_that_json_cannot_write_are_refused_and_come_back_otherwise(
    registry: Registry, tmp_path: Path
) -> None:
    scores = [0.1, float("nan"), float("inf")]
    odd = make(CompletionScore, probabilities=scores, outside_probability=float("-inf"))
    version = committed(registry, odd)
    with pytest.raises(BadInput, match="column probabilities has NaN or infinity, which JSON cannot write"):
        export(registry, version, "jsonl", tmp_path / "jsonl")
    for form in WHOLE[1:]:
        export(registry, version, form, tmp_path / form)
        require_same(registry, version, tmp_path / form)
