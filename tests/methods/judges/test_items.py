"""Each suite's own file becomes items; a row that is none says why, and is asked of nobody."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from datasets_registry.errors import BadInput
from datasets_registry.rows.judge_benchmark import JudgeItem
from methods.judges.duels import duels
from methods.judges.items import item_settings, read_items
from methods.judges.settings import ItemSelection
from tests.methods.judges.suite_files import LLMBAR, PRMBENCH, PROCESSBENCH, SHIPPED, write_suite

# subset, right responses, wrong ones and first wrong step, by suite
WANTED: dict[str, set[tuple[str, tuple[str, ...], tuple[str, ...], int | None]]] = {
    "llmbar": {
        ("Natural", ("Blue.",), ("Seven is a number.",), None),
        ("Natural", ("No.",), ("Yes, of course I will.",), None),
    },
    "judgebench": {
        ("knowledge", ("It is (A).",), ("After some thought, it is (B).",), None),
        ("coding", ("After some thought, it is (B).",), ("It is (A).",), None),
    },
    "prmbench": {("confidence", (), (), 2)},
    "processbench": {("gsm8k", (), (), 2), ("gsm8k", (), (), 0)},
    "people": {("people", ("Hello!",), ("Go away.",), None)},
}


def items_of(suite: Any, path: Path, **selection: Any) -> list[JudgeItem]:
    return read_items(item_settings({suite: path}, ItemSelection(**selection)))


def whole(items: Sequence[JudgeItem]) -> list[JudgeItem]:
    return [item for item in items if item.failure is None]


@pytest.mark.parametrize("suite", WANTED)
def test_a_suite_is_read_by_its_own_columns(suite: str, tmp_path: Path) -> None:
    items = whole(items_of(suite, write_suite(tmp_path, suite)))
    found = {
        (
            item.subset,
            tuple(item.responses[: item.num_right]),
            tuple(item.responses[item.num_right :]),
            item.first_error,
        )
        for item in items
    }
    assert found == WANTED[suite]
    assert all(item.licence for item in items)


def test_styles_and_several_responses_become_duels(tmp_path: Path) -> None:
    (styles,) = items_of("rm_bench", write_suite(tmp_path, "rm_bench"))
    assert (styles.kind, len(list(duels([styles])))) == ("styles", 9)
    best = {item.subset: item for item in items_of("reward_bench_2", write_suite(tmp_path, "reward_bench_2"))}
    assert {subset: len(list(duels([item]))) for subset, item in best.items()} == {"Factuality": 3, "Ties": 2}


FAULTS: dict[str, tuple[str, list[dict[str, Any]], str]] = {
    "label": ("llmbar", [{**LLMBAR[0], "label": 3}], "label is '3', and not 1 or 2"),
    "empty": ("llmbar", [{**LLMBAR[0], "output_1": " "}], "output_1 is empty or not text"),
    "same": ("llmbar", [{**LLMBAR[0], "output_2": "Blue."}], "a right response is also a wrong one"),
    "outside": ("processbench", [{**PROCESSBENCH[0], "label": 3}], "label is '3', and no step has it"),
    "step": ("prmbench", [{**PRMBENCH[0], "error_steps": [9]}], "error_steps has 9, and there are 3 steps"),
}


PROMPTS = {"llmbar": "input", "processbench": "problem", "prmbench": "modified_question", "people": "prompt"}


def many(suite: str, count: int = 30) -> list[dict[str, Any]]:
    """So many rows of a suite that are items."""
    row = SHIPPED[suite][0][0]
    return [{**row, PROMPTS[suite]: f"Number {number}?"} for number in range(count)]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_row_that_is_no_item_says_where_and_why(fault: str, tmp_path: Path) -> None:
    suite, rows, why = FAULTS[fault]
    items = items_of(suite, write_suite(tmp_path, suite, [*many(suite), *rows]), items=5)
    (failed,) = [item for item in items if item.failure]
    assert failed.failure is not None and failed.failure.endswith(why) and not failed.responses
    assert len(whole(items)) == 5


@pytest.mark.parametrize(("character", "why"), [("\ud83d", "surrogate"), ("\0", "NUL")])
@pytest.mark.parametrize("suite", ["llmbar", "processbench", "prmbench", "people"])
def test_a_row_that_is_no_text_is_no_item(suite: str, character: str, why: str, tmp_path: Path) -> None:
    row = {**SHIPPED[suite][0][0], PROMPTS[suite]: f"Why {character}?"}
    items = items_of(suite, write_suite(tmp_path, suite, [*many(suite), row]))
    (failed,) = [item for item in items if item.failure]
    assert why in str(failed.failure)


def test_files_whose_names_differ_behind_a_dot_are_subsets_of_their_own(tmp_path: Path) -> None:
    for name in ("judge-3.5", "judge-3.7"):
        rows = [{**LLMBAR[0], "input": name}]
        write_suite(tmp_path / name, "llmbar", rows).rename(tmp_path / f"{name}.json")
    assert {item.subset for item in items_of("llmbar", tmp_path)} == {"judge-3.5", "judge-3.7"}


def test_people_who_compare_the_same_text_twice_compare_nothing(tmp_path: Path) -> None:
    rows = [*many("people"), {"prompt": "Say bye.", "chosen": "Bye!", "rejected": "Bye!"}]
    failures = [
        item.failure for item in items_of("people", write_suite(tmp_path, "people", rows)) if item.failure
    ]
    assert len(failures) == 1


def test_a_file_with_many_rows_that_are_no_items_is_refused(tmp_path: Path) -> None:
    rows = [*many("llmbar", 10), {**LLMBAR[0], "label": 3}]
    with pytest.raises(BadInput, match=r"1 of 11 rows are no items of llmbar \(such as .*label is '3'"):
        items_of("llmbar", write_suite(tmp_path, "llmbar", rows))


def test_a_file_of_another_suite_is_refused_by_name(tmp_path: Path) -> None:
    path = write_suite(tmp_path, "llmbar")
    with pytest.raises(BadInput, match=r"has no item of judgebench at its start .*as it ships"):
        items_of("judgebench", path)


@pytest.mark.parametrize("name", ["nothing", "a\0b", "x" * 5_000, "empty"])
def test_a_path_without_files_of_the_suite_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match="is no file of llmbar, and no folder with files of it: give one"):
        items_of("llmbar", tmp_path / name)


@pytest.mark.parametrize("name", ["suite.txt", "suite.parquet.gz"])
def test_a_file_that_no_import_reads_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("Blue.")
    with pytest.raises(BadInput, match=rf"{name} is not a kind of file .*: it must end in .jsonl"):
        items_of("llmbar", tmp_path / name)


@pytest.mark.parametrize("beside", [".cache/dataset.json", "dataset_info.json", "._Natural.json"])
def test_what_libraries_write_beside_a_suite_is_none_of_it(beside: str, tmp_path: Path) -> None:
    folder = write_suite(tmp_path / "suite", "llmbar").parent
    before = item_settings({"llmbar": folder}, ItemSelection())
    (folder / beside).parent.mkdir(exist_ok=True)
    (folder / beside).write_text('{"splits": 3}')
    assert item_settings({"llmbar": folder}, ItemSelection()) == before


def test_a_file_that_changes_under_a_build_is_refused(tmp_path: Path) -> None:
    path = write_suite(tmp_path, "llmbar")
    settings = item_settings({"llmbar": path}, ItemSelection())
    write_suite(tmp_path, "llmbar", LLMBAR[:1])
    with pytest.raises(BadInput, match="changed since the profile was read"):
        read_items(settings)


def test_more_items_leave_the_chosen_ones_and_each_subset_has_its_share(tmp_path: Path) -> None:
    for name in ("Natural", "Manual"):
        rows = [{**LLMBAR[0], "input": f"{name} {number}"} for number in range(20)]
        write_suite(tmp_path / "both" / name, "llmbar", rows).rename(tmp_path / "both" / f"{name}.json")
    few = items_of("llmbar", tmp_path / "both", items=6)
    more = items_of("llmbar", tmp_path / "both", items=10)
    assert {item.item_id for item in few} < {item.item_id for item in more}
    assert sorted(item.subset for item in few) == ["Manual"] * 3 + ["Natural"] * 3
    other = items_of("llmbar", tmp_path / "both", items=6, seed=1)
    assert {item.item_id for item in few} != {item.item_id for item in other}
