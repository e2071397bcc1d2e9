"""Every public form gives its rows, names what is damaged, and survives any value in any place."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.sides.texts.forms import FORMS, Form
from benchmarks.sides.texts.imports import import_figures, imported
from datasets_registry.importing import formats
from tests.datasets_registry.samples import imported as taken

ODD: tuple[Any, ...] = (
    None,
    True,
    7,
    -1,
    0.5,
    float("nan"),
    1e999,
    "",
    " ",
    "odd",
    "{",
    [],
    [[]],
    [None],
    [7],
    ["a"],
    {},
    {"a": 1},
    [{}],
)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_a_damaged_record_is_rejected_by_name_and_the_rest_goes_on(form: Form, tmp_path: Path) -> None:
    missed = [figure.name for figure in import_figures(tmp_path, [form]) if figure.holds is False]
    assert missed == []
    found = imported(tmp_path, form)
    assert found.format.name == form.name.partition(" (")[0]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_any_value_in_any_place_is_read_or_rejected(form: Form, tmp_path: Path) -> None:
    path, record = tmp_path / "odd.jsonl", form.make(4)
    lines = [record, *(record | {column: value} for column in record for value in ODD)]
    for column, value in record.items():
        inner = value[0] if isinstance(value, list) and value else value
        if isinstance(inner, dict):
            for name in inner:
                for odd in ODD:
                    changed = inner | {name: odd}
                    lines.append(
                        record | {column: [changed, *value[1:]] if isinstance(value, list) else changed}
                    )
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    found = taken(path)
    assert found.accepted == len(found.rows)


def test_every_form_has_its_file() -> None:
    assert {form.name.partition(" (")[0] for form in FORMS} == {known.name for known in formats.FORMATS}


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_each_form_is_recognised_and_no_other_takes_it(form: Form) -> None:
    names = {known.name for known in formats.FORMATS if known.recognise(form.make(4))}
    assert names == {form.name.partition(" (")[0]}
