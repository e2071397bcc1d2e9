"""The dataset card, made from the row type, the rows, the checks and the lineage of a version."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from datasets_registry.cards.forms import FILES, Contents, Form
from datasets_registry.cards.licences import hub_licences, licences, lineage_of
from datasets_registry.cards.limits import kept_sentences
from datasets_registry.cards.markdown import cell, table
from datasets_registry.inspecting.splits import schema_of, splits_of
from datasets_registry.inspecting.statistics import label_counts, null_shares, text_lengths
from datasets_registry.plain_text import plain
from datasets_registry.registry import Registry
from datasets_registry.rows.named import CARD_KEY
from datasets_registry.rows.row import Row, arrow_schema
from datasets_registry.version import Derivation, Version

TEMPLATE = Path(__file__).parent / "dataset_card.md"
_SLOT = re.compile(r"\{\{(\w+)\}\}")
_SECRET = re.compile(r"(^|_)(api_key|key|token|secret|secrets|password|credentials?)$", re.IGNORECASE)
_LOGIN = re.compile(r"(\w+://)[^/@\s]+@")
_SIZES = (
    (10**3, "n<1K"),
    (10**4, "1K<n<10K"),
    (10**5, "10K<n<100K"),
    (10**6, "100K<n<1M"),
    (10**7, "1M<n<10M"),
    (10**8, "10M<n<100M"),
)


def card(registry: Registry, row: type[Row], version: Version, contents: Contents) -> str:
    """The card of an export with these ``contents``, as Markdown with YAML before it."""
    spdx = licences(registry, version)
    derivation = registry.derivation(version)
    parts = {
        "front_matter": _front_matter(registry, row, version, contents, spdx),
        "name": cell(version.name),
        "grain": row.grain,
        "version": str(version.number),
        "num_rows": _num_rows(version, contents),
        "status": version.status,
        "data_version": version.data_version,
        "load": _load(contents.form),
        "columns": _columns(registry, row, version, contents),
        "left_out": _left_out(contents),
        "statistics": _statistics(registry, row, version),
        "checks": checks_table(registry, version),
        "lineage": lineage_table(registry, version),
        "derivation": _how_made(registry, version, derivation),
        "licence": "\n".join(f"- {cell(licence)}" for licence in spdx) or "No licence was recorded.",
    }
    return filled(TEMPLATE, parts)


def filled(template: Path, parts: Mapping[str, str]) -> str:
    """The template with each ``{{slot}}`` filled in one pass, so that a slot within a part stays text."""
    return plain(_SLOT.sub(lambda slot: parts[slot[1]], template.read_text(encoding="utf-8")))


def _front_matter(
    registry: Registry, row: type[Row], version: Version, contents: Contents, spdx: Sequence[str]
) -> str:
    splits = splits_of(registry.files(version))
    files = [{"split": split, "path": FILES[contents.form].format(split=split)} for split in splits]
    return yaml_of(
        {
            "pretty_name": version.name,
            **licence_keys(spdx),
            "size_categories": [_size(contents.rows)],
            "tags": ["trimtab"],
            "configs": [{"config_name": "default", "data_files": files}],
            **({CARD_KEY: row.dataset} if contents.is_whole else {}),
        }
    )


def licence_keys(spdx: Sequence[str]) -> dict[str, object]:
    """The keys of the front matter by which the Hub knows the licences."""
    identifiers = hub_licences(spdx)
    named = {"license_name": ", ".join(spdx)} if "other" in identifiers else {}
    return {"license": identifiers[0] if len(identifiers) == 1 else identifiers, **named}


def yaml_of(keys: Mapping[str, object]) -> str:
    """A card's front matter: JSON values are YAML."""
    return "\n".join(f"{name}: {json.dumps(value)}" for name, value in keys.items())


def _size(rows: int) -> str:
    return next((name for limit, name in _SIZES if rows < limit), "100M<n<1B")


def _load(form: Form) -> str:
    lines = ["import datasets", "", 'rows = datasets.load_dataset("FOLDER")']
    if form == "hf":
        lines += [
            "# or, mapped into memory from the Arrow files beside data/",
            'rows = datasets.load_from_disk("FOLDER")',
        ]
    note = "\n\nCells of nested columns are JSON text; an empty cell is a null." if form == "csv" else ""
    return "```python\n" + "\n".join(lines) + "\n```" + note


def _num_rows(version: Version, contents: Contents) -> str:
    rows = f"{contents.rows:,}"
    return rows if contents.is_whole else f"{rows} of its {version.num_rows or 0:,}"


def _columns(registry: Registry, row: type[Row], version: Version, contents: Contents) -> str:
    if contents.is_whole:
        return f"{columns_table(registry, row, version)}\n\nThe key is {', '.join(row.key)}."
    return table(("column", "meaning"), list(contents.columns.items()))


def _left_out(contents: Contents) -> str:
    """The rows and columns of the version that are not in the files."""
    if contents.is_whole:
        return "Nothing: imported again it is the same data version."
    notes = "\n".join(f"- {cell(note)}" for note in contents.notes)
    counts = list(contents.rows_left_out.items())
    return f"{notes}\n\nRows, of which nothing is learned:\n\n{table(('reason', 'rows'), counts)}"


def columns_table(registry: Registry, row: type[Row], version: Version) -> str:
    """The stored columns with type, meaning and whether they may be null."""
    stored = schema_of(registry.files(version))
    fields = [field for field in arrow_schema(row) if field.name in stored.names]
    rows = [
        (field.name, field.type, row.model_fields[field.name].description, "yes" if field.nullable else "no")
        for field in fields
    ]
    return table(("column", "type", "meaning", "may be null"), rows)


def _statistics(registry: Registry, row: type[Row], version: Version) -> str:
    files = registry.files(version)
    schema = schema_of(files)
    nulls, lengths = null_shares(files, schema), text_lengths(files, schema)
    figures = [
        (name, None if nulls.get(name) is None else f"{nulls[name]:.1%}", *_lengths(lengths, name))
        for name in schema.names
        if name in nulls or name in lengths
    ]
    parts = [
        "Of all rows of the version: nulls, and percentiles of the length in characters.",
        table(("column", "nulls", "5 %", "median", "95 %", "longest"), figures),
    ]
    for name in row.label_columns:
        if name in schema.names:
            parts += [f"Rows by `{name}`:", table((cell(name), "rows"), label_counts(files, name))]
    return "\n\n".join(parts)


def _lengths(lengths: Mapping[str, list[int] | None], name: str) -> list[int] | list[str]:
    return lengths.get(name) or [""] * 4


def checks_table(registry: Registry, version: Version) -> str:
    """The newest result of each check."""
    results = [
        (check.check, "passed" if check.passed else "failed", check.severity, check.value, check.description)
        for check in registry.checks(version)
    ]
    return table(("check", "result", "severity", "value", "finding"), results)


def lineage_table(registry: Registry, version: Version) -> str:
    """``version`` and all that it was made from, with what each was made from."""
    rows = []
    for ancestor in lineage_of(registry, version):
        derivation = registry.derivation(ancestor)
        inputs = ", ".join(map(str, derivation.inputs))
        rows.append((ancestor, ancestor.kind, inputs or "nothing", derivation.code_version[:16]))
    return table(("version", "kind", "made from", "code"), rows)


def _how_made(registry: Registry, version: Version, derivation: Derivation) -> str:
    run = f" in run {cell(derivation.run_id)}" if derivation.run_id else ""
    sentence = f"Made by Trimtab with code {cell(derivation.code_version)}{run}, with these settings:"
    kept = "\n".join(
        f"- {cell(sentence)}" for sentence in kept_sentences(registry, lineage_of(registry, version))
    )
    waived = f"\n\nMade by earlier code that a person let count:\n\n{kept}" if kept else ""
    return f"{sentence}\n\n{settings_text(derivation.settings)}{waived}"


def settings_text(settings: Mapping[str, object]) -> str:
    """The settings without secrets as an indented block of JSON."""
    text = json.dumps(without_secrets(dict(settings)), indent=2, ensure_ascii=False, sort_keys=True)
    return "\n".join(f"    {line}" for line in text.splitlines())


def without_secrets(value: Any) -> Any:
    """Settings without what may be a secret: values whose name says so, and logins in addresses."""
    if isinstance(value, dict):
        return {
            name: "(left out)" if _SECRET.search(str(name)) else without_secrets(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list | tuple):
        return [without_secrets(inner) for inner in value]
    return _LOGIN.sub(r"\1", value) if isinstance(value, str) else value
