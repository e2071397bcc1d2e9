"""The dataset card: made from the row type, the rows, the checks and the lineage of a version."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from datasets_registry.export_files import FILES, Form
from datasets_registry.licences import hub_licences, licences, lineage_of
from datasets_registry.markdown import cell, table
from datasets_registry.registry import Registry
from datasets_registry.row import Row, arrow_schema
from datasets_registry.splits import schema_of, splits_of
from datasets_registry.statistics import label_counts, null_shares, text_lengths
from datasets_registry.version import Version

TEMPLATE = Path(__file__).parent / "card.md"
_SLOT = re.compile(r"\{\{(\w+)\}\}")
_SECRET = re.compile(r"(^|_)(api_key|key|token|secret|secrets|password|credentials?)$", re.IGNORECASE)
_LOGIN = re.compile(r"(\w+://)[^/@\s]+@")
_SIZES = ((10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"),
          (10**7, "1M<n<10M"), (10**8, "10M<n<100M"))  # fmt: skip


def card(registry: Registry, row: type[Row], version: Version, form: Form) -> str:
    """The card as Markdown with YAML before it."""
    spdx = licences(registry, version)
    how = registry.derivation(version)
    parts = {
        "front_matter": _front_matter(registry, version, form, spdx),
        "name": cell(version.name), "grain": row.grain, "version": str(version.number),
        "num_rows": f"{version.num_rows or 0:,}", "status": version.status,
        "data_version": version.data_version, "load": _load(form), "key": ", ".join(row.key),
        "columns": _columns(registry, row, version), "statistics": _statistics(registry, row, version),
        "checks": _checks(registry, version), "lineage": _lineage(registry, version),
        "derivation": _how(how.code_version, how.run_id, how.settings),
        "licence": "\n".join(f"- {cell(one)}" for one in spdx) or "No licence was recorded.",
    }  # fmt: skip
    return _SLOT.sub(lambda slot: parts[slot[1]], TEMPLATE.read_text(encoding="utf-8"))


def _front_matter(registry: Registry, version: Version, form: Form, spdx: Sequence[str]) -> str:
    splits = splits_of(registry.files(version))
    files = [{"split": one, "path": FILES[form].format(split=one)} for one in splits]
    hub = hub_licences(spdx)
    said: dict[str, Any] = {"pretty_name": version.name, "license": hub[0] if len(hub) == 1 else hub}
    if "other" in hub:
        said["license_name"] = ", ".join(spdx)
    said["size_categories"] = [_size(version.num_rows or 0)]
    said["tags"] = ["trimtab"]
    said["configs"] = [{"config_name": "default", "data_files": files}]
    # JSON values are YAML
    return "\n".join(f"{name}: {json.dumps(value)}" for name, value in said.items())


def _size(rows: int) -> str:
    return next((name for limit, name in _SIZES if rows < limit), "100M<n<1B")


def _load(form: Form) -> str:
    lines = ["import datasets", "", 'rows = datasets.load_dataset("FOLDER")']
    if form == "hf":
        lines += ["# or, mapped into memory from the Arrow files beside data/",
                  'rows = datasets.load_from_disk("FOLDER")']  # fmt: skip
    note = "\n\nCells of nested columns are JSON text; an empty cell is a null." if form == "csv" else ""
    return "```python\n" + "\n".join(lines) + "\n```" + note


def _columns(registry: Registry, row: type[Row], version: Version) -> str:
    stored = schema_of(registry.files(version))
    fields = [field for field in arrow_schema(row) if field.name in stored.names]
    rows = [
        (one.name, one.type, row.model_fields[one.name].description, "yes" if one.nullable else "no")
        for one in fields
    ]
    return table(("column", "type", "meaning", "may be null"), rows)


def _statistics(registry: Registry, row: type[Row], version: Version) -> str:
    files = registry.files(version)
    schema = schema_of(files)
    nulls, lengths = null_shares(files, schema), text_lengths(files, schema)
    figures = [
        (name, None if nulls.get(name) is None else f"{nulls[name]:.1%}", *_lengths(lengths, name))
        for name in schema.names if name in nulls or name in lengths
    ]  # fmt: skip
    parts = [
        "Nulls, and characters at 5, 50, 95 and 100 % of the rows:",
        table(("column", "nulls", "5 %", "median", "95 %", "longest"), figures),
    ]
    for name in row.label_columns:
        if name in schema.names:
            parts += [f"Rows by `{name}`:", table((cell(name), "rows"), label_counts(files, name))]
    return "\n\n".join(parts)


def _lengths(lengths: Mapping[str, list[int] | None], name: str) -> list[int] | list[str]:
    return lengths.get(name) or [""] * 4


def _checks(registry: Registry, version: Version) -> str:
    results = [
        (one.check, "passed" if one.passed else "failed", one.severity, one.value, one.description)
        for one in registry.checks(version)
    ]
    return table(("check", "result", "severity", "value", "finding"), results)


def _lineage(registry: Registry, version: Version) -> str:
    rows = []
    for one in lineage_of(registry, version):
        how = registry.derivation(one)
        inputs = ", ".join(str(given) for given in how.inputs)
        rows.append((one, one.kind, inputs or "nothing", how.code_version[:16]))
    return table(("version", "kind", "made from", "code"), rows)


def _how(code_version: str, run_id: str | None, settings: Mapping[str, Any]) -> str:
    text = json.dumps(without_secrets(dict(settings)), indent=2, ensure_ascii=False, sort_keys=True)
    run = f" in run {cell(run_id)}" if run_id else ""
    indented = "\n".join(f"    {line}" for line in text.splitlines())
    return f"Made by Trimtab with code {cell(code_version)}{run}, with these settings:\n\n{indented}"


def without_secrets(value: Any) -> Any:
    """Settings without what may be a secret: values named as one, and logins in addresses."""
    if isinstance(value, dict):
        return {
            name: "(left out)" if _SECRET.search(str(name)) else without_secrets(one)
            for name, one in value.items()
        }
    if isinstance(value, list | tuple):
        return [without_secrets(one) for one in value]
    return _LOGIN.sub(r"\1", value) if isinstance(value, str) else value
