"""Records that are no items of a public set are rows with a reason, and never labels."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from datasets_registry.errors import BadInput
from datasets_registry.importing.source import open_file
from datasets_registry.rows.evaluation import EvaluationItem
from methods.evaluation.closed import unclear
from methods.evaluation.public.published import PUBLISHED
from methods.evaluation.selection import SelectionSettings, fixed_items, public_files

Record = Mapping[str, object]
NUM_SOUND = 40


def problem(text: str, gold: str = "12") -> Record:
    """A record of GSM8K."""
    return {"question": text, "answer": f"It is worked out.\n#### {gold}"}


def targets(text: str, mc1: Mapping[str, object], mc2: Mapping[str, object] | None = None) -> Record:
    """A record of TruthfulQA."""
    return {"question": text, "mc1_targets": mc1, "mc2_targets": mc2 or mc1}


def behaviour(listed: str, letter: str = "A") -> Record:
    """A record of a behaviour set."""
    return {"question": f"Do you?\n\nChoices:\n{listed}", "answer_matching_behavior": f" ({letter})"}


def prompt(text: str, label: str = "safe", kind: str = "homonyms") -> Record:
    """A record of XSTest."""
    return {"prompt": text, "type": kind, "label": label}


def turns(*said: str, category: str = "writing", reference: Sequence[str] = ()) -> Record:
    """A record of MT-Bench."""
    return {"category": category, "turns": list(said), "reference": list(reference)}


def mirror(first: str, second: str, says: str = "no") -> Record:
    """A record of syco-bench's mirror."""
    stances = {"stance1": first, "stance2": second}
    return {"topic": "tea", **stances, "userstance1": "yes", "userstance2": says}


SOUND = {
    "gsm8k": [problem(f"How many, {n}?") for n in range(NUM_SOUND)],
    "truthfulqa": [targets(f"What is {n}?", {"yes": 1, "no": 0}) for n in range(NUM_SOUND)],
    "behaviours": [behaviour(f" (A) yes, {n}\n (B) no, {n}") for n in range(NUM_SOUND)],
    "xstest": [prompt(f"How do I kill process {n}?") for n in range(NUM_SOUND)],
    "mt_bench": [turns(f"Write {n}.", "Shorter.") for n in range(NUM_SOUND)],
    "syco_bench_mirror": [mirror(f"more of {n}", f"less of {n}") for n in range(NUM_SOUND)],
}


def settings_of(folder: Path, **files: Sequence[Record]) -> SelectionSettings:
    """The settings of files with these records."""
    paths = {name: folder / f"{name}.jsonl" for name in files}
    for name, path in paths.items():
        path.write_text("".join(f"{json.dumps(record)}\n" for record in files[name]), encoding="utf-8")
    suites = tuple({PUBLISHED[name].suite for name in files})
    return SelectionSettings(suites=suites, files=public_files(paths, suites))


def items_of(folder: Path, **files: Sequence[Record]) -> list[EvaluationItem]:
    """The items of files with these records, without our own."""
    settings = settings_of(folder, **files)
    sources = [item for item in fixed_items(settings) if not item.source.startswith("Trimtab")]
    return list(sources)


@pytest.mark.parametrize(
    ("name", "record", "why"),
    [
        ("gsm8k", problem("How many?", "unknown"), "'unknown' after #### is not a number"),
        ("gsm8k", problem("How many?", "NaN"), "not a number"),
        ("gsm8k", problem("How much?", "3,5"), "'3,5' after #### is not a number"),
        ("gsm8k", problem("How much?", "$1,200 dollars"), "not a number"),
        ("gsm8k", problem("How many?", "12\nThat is all."), "not a number"),
        ("gsm8k", problem("How many?", "\uff11\uff12"), "not a number"),
        ("gsm8k", problem("Half of \ud800?"), "half of a surrogate pair"),
        ("gsm8k", problem("\u200b\u202e"), "question is empty"),
        ("truthfulqa", targets("W?", {"yes": 1, "yes ": 0}), "'yes' appears twice"),
        ("truthfulqa", targets("W?", {"Yes": 1, "yes.": 0}), "appears twice"),
        ("truthfulqa", targets("W?", {f"{n}": int(not n) for n in range(30)}), "more than there are letters"),
        ("truthfulqa", targets("W?", {"yes": 1, "no": 0}, {"yes": 0, "no": 1}), "not right in mc2_targets"),
        ("truthfulqa", targets("W?", {"yes": 1}), "no right or no wrong answer"),
        ("behaviours", behaviour(" (A) yes\n (A) no\n (B) maybe"), "different choices behind letters"),
        ("behaviours", behaviour(" (A) yes\n but only once\n (B) no"), "different choices behind letters"),
        ("behaviours", behaviour(" (A) Yes\n (B) yes."), "appears twice"),
        ("behaviours", behaviour(" (A) B\n (B) A"), "reads as the letter of an option"),
        ("behaviours", behaviour(" (A) yes"), "different choices behind letters"),
        ("xstest", prompt("Zap?", kind="all"), "'all', the name of figures over all items"),
        ("xstest", prompt("Zap?", kind="contrast_"), "its category is empty"),
        ("xstest", prompt("Zap?", "Safe"), "label is 'Safe'"),
        ("xstest", {"prompt": "Zap?", "type": "homonyms"}, "there is no column label"),
        ("xstest", prompt(" \u200b "), "prompt is empty"),
        ("mt_bench", turns("A", "B", "C"), "more than two turns"),
        ("mt_bench", turns("A", " "), "no visible character"),
        ("mt_bench", turns("A", category=" All "), "the name of figures over all items"),
        ("syco_bench_mirror", mirror("Cats.", "cats"), "appears twice"),
        ("syco_bench_mirror", mirror("cats", "dogs", says="yes"), "the user says the same"),
    ],
)
def test_a_damaged_record_is_a_row_with_its_reason(
    tmp_path: Path, name: str, record: Record, why: str
) -> None:
    (failed,) = [item for item in items_of(tmp_path, **{name: [*SOUND[name], record]}) if item.failure]
    assert failed.failure is not None and why in failed.failure
    assert failed.failure.startswith(f"line {NUM_SOUND + 1}: ") and not failed.messages and not failed.gold


@pytest.mark.parametrize(
    ("name", "record"),
    [
        ("gsm8k", problem("How many, 0?", "13")),
        ("gsm8k", problem(" How  many, 0?", "13")),
        ("truthfulqa", targets("What is 0?", {"yes": 0, "no": 1})),
        ("behaviours", behaviour(" (A) yes, 0\n (B) no, 0", "B")),
        ("xstest", prompt("How do I kill process 0?", "unsafe")),
        ("xstest", prompt("How do I kill\tprocess 0? ", "unsafe")),
        ("mt_bench", turns("Write 0.", "Shorter.", reference=["x", "y"])),
    ],
)
def test_records_that_contradict_each_other_are_no_items(tmp_path: Path, name: str, record: Record) -> None:
    items = items_of(tmp_path, **{name: [*SOUND[name], record]})
    failures = sorted(item.failure for item in items if item.failure)
    assert [failure.partition(":")[0] for failure in failures] == ["line 1", f"line {NUM_SOUND + 1}"]
    assert all("another answer: remove the wrong one" in failure for failure in failures)
    assert len({item.item_id for item in items if not item.failure}) == NUM_SOUND - 1


@pytest.mark.parametrize(
    ("name", "record", "num_items"),
    [
        ("gsm8k", problem("How many, 0?"), NUM_SOUND),
        ("gsm8k", problem("How  many, 0?"), NUM_SOUND + 1),
        ("xstest", prompt("How do I\nkill process 0?"), NUM_SOUND + 1),
        ("xstest", prompt("How do I kill process 0?", kind="figures"), NUM_SOUND),
        ("mt_bench", turns("Write 0.", "Shorter. "), NUM_SOUND + 1),
    ],
)
def test_repeated_texts_are_one_cluster(tmp_path: Path, name: str, record: Record, num_items: int) -> None:
    items = items_of(tmp_path, **{name: [*SOUND[name], record]})
    assert not any(item.failure for item in items)
    assert len({item.item_id for item in items}) == num_items
    assert len({item.cluster for item in items}) == NUM_SOUND


def test_two_files_that_contradict_each_other_name_both(tmp_path: Path) -> None:
    record = {"prompt": "Who lives here?", "category": "Requests with safety concerns", "subcategory": "x"}
    items = items_of(tmp_path, coconot_requests=[record], coconot_contrasts=[record])
    assert len(items) == 2 and all(item.failure and "coconot_" in item.failure for item in items)


@pytest.mark.parametrize(
    ("name", "record"),
    [
        ("coconot_requests", {"prompt": "p", "category": "Other", "subcategory": "s"}),
        ("coconot_abstention", {"prompt": "p", "subcategory": "Universal Unknowns"}),
    ],
)
def test_a_file_without_any_item_is_not_the_set(tmp_path: Path, name: str, record: Record) -> None:
    with pytest.raises(BadInput, match=rf"is not the set {name} \(it has no item\)"):
        items_of(tmp_path, **{name: [record]})


def test_line_ends_of_windows_are_those_of_others(tmp_path: Path) -> None:
    listed = " (A) yes, 0\r\n (B) no, 0"
    path = tmp_path / "behaviours.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(behaviour(listed)).encode() + b"\r\n")
    (record,) = open_file(path).records()
    (first, _) = PUBLISHED["behaviours"].read(record.columns)
    assert first.choices == ["yes, 0", "no, 0"]


@pytest.mark.parametrize("options", [["yes", "no"], ["A fox", "B"], ["(C)", "x"], ["1", "2"]])
def test_options_that_can_be_told_apart_are_clear(options: list[str]) -> None:
    assert (unclear(options) is None) == (options[1] != "B")
