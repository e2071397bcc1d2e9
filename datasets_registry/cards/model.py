"""The model card: what a version was made from and with, its data, figures and limits, all from records."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from datasets_registry.cards.dataset import (
    checks_table,
    columns_table,
    filled,
    licence_keys,
    lineage_table,
    settings_text,
    yaml_of,
)
from datasets_registry.cards.licences import licences, lineage_of, row_licences
from datasets_registry.cards.limits import known_limits, red_checks
from datasets_registry.cards.markdown import cell, table, without_paths
from datasets_registry.importing.importing import NO_LICENCE
from datasets_registry.inspecting.chain import made, model_chain
from datasets_registry.inspecting.facts import is_given
from datasets_registry.inspecting.models import show_model
from datasets_registry.inspecting.origins import origin
from datasets_registry.registry import Registry
from datasets_registry.rows.types import row_type
from datasets_registry.version import Version


def chain_table(chain: Sequence[Mapping[str, Any]]) -> str:
    """The models that it goes back to, itself first."""
    rows = [(one["version"], one["status"], made(one), ", ".join(one["behind"])) for one in chain]
    return table(("model", "status", "how it was made", "behind"), rows)


def data_table(shown: Mapping[str, Any]) -> str:
    """The exact dataset versions by role, and whose rewards there were."""
    rows = [
        (role, one["version"], one["data_version"], one["rows"], one["status"])
        for role, one in shown["datasets"].items()
    ]
    rewards = [f"Rewards came from {', '.join(shown['reward_models'])}."] if shown["reward_models"] else []
    return "\n\n".join([table(("role", "dataset", "data version", "rows", "status"), rows), *rewards])


def data_cards(registry: Registry, datasets: Mapping[str, Mapping[str, Any]]) -> str:
    """A short card of each dataset version."""
    names = dict.fromkeys(one["version"] for one in datasets.values())
    return "\n\n".join(_data_card(registry, registry.resolve(one)) for one in names)


def _data_card(registry: Registry, version: Version) -> str:
    """What the rows are, their licences, and the checks that they did not pass."""
    row = row_type(version)
    stated = ", ".join(map(cell, row_licences(registry, version))) or "none stated in its rows"
    return "\n\n".join(
        [
            f"### {version}",
            f"{row.grain} {version.num_rows or 0:,} rows, data version `{version.data_version}`. "
            f"Licences: {stated}. The key is {', '.join(row.key)}.",
            columns_table(registry, row, version),
            f"Checks that it did not pass:\n\n{listed(red_checks(registry, version))}",
        ]
    )


def training_table(shown: Mapping[str, Any]) -> str:
    """Rows before and after, metrics, time and libraries."""
    facts = [
        *((f"rows {name}", count) for name, count in shown["rows"].items()),
        *shown["metrics"].items(),
        ("seconds", shown["seconds"]),
        ("dtype", shown["dtype"]),
        *shown["libraries"].items(),
    ]
    return table(("figure", "value"), [one for one in facts if one[1] is not None])


def evaluations_table(found: Sequence[Mapping[str, Any]]) -> str:
    """The figures that evaluations have of it."""
    names = ("kind", "metric", "value", "low", "high", "num_items")
    rows = [
        (one["version"], *(figure.get(name) for name in names)) for one in found for figure in one["figures"]
    ]
    others = [f"{one['version']} has {one['rows']} rows of it." for one in found if not one["figures"]]
    figures = table(("evaluation", "prompts", "metric", "value", "low", "high", "items"), rows)
    return "\n\n".join([figures, *others])


def listed(lines: Sequence[str]) -> str:
    """The lines as a list of plain texts; ``None.`` without any."""
    return "\n".join(f"- {cell(one)}" for one in lines) or "None."


TEMPLATE = Path(__file__).parent / "model_card.md"
# what the last words of an architecture's name mean to transformers and to the hub
_HEADS = {
    "ForCausalLM": "text-generation",
    "ForSequenceClassification": "text-classification",
    "ForTokenClassification": "token-classification",
}


def model_card(registry: Registry, version: Version) -> str:
    """The card as Markdown with YAML before it; no path of this machine stands in it."""
    shown = show_model(registry, version)
    head = _head(registry.folder(version))
    weights = _weights(registry, version)
    rows = licences(registry, version)
    named = [f"weights of {of}: {licence}" for of, licence in weights.items()]
    parts = {
        "front_matter": _front_matter(registry, version, shown, head, [*weights.values(), *rows]),
        "name": cell(version.name),
        "what": _what(shown),
        "load": _load(head, shown),
        "chain": chain_table(shown["chain"]),
        "trained_on": data_table(shown),
        "data_cards": data_cards(registry, shown["datasets"]),
        "settings": settings_text(shown["settings"]),
        "training": training_table(shown),
        "evaluations": evaluations_table(shown["evaluations"]),
        "checks": checks_table(registry, version),
        "limits": listed(known_limits(registry, version, shown)),
        "lineage": lineage_table(registry, version),
        "licence": listed([*named, *(f"rows of the lineage: {one}" for one in rows)]),
    }
    text: str = without_paths(filled(TEMPLATE, parts))
    return text


def _head(folder: Path) -> str:
    """What the model has in place of the last word of ``LlamaForCausalLM``: a key of the table above."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    architecture = (config.get("architectures") or [""])[0]
    return next((one for one in _HEADS if architecture.endswith(one)), "ForCausalLM")


def _weights(registry: Registry, version: Version) -> dict[str, str]:
    """The licence of each given model that the lineage has."""
    given = [one for one in lineage_of(registry, version) if is_given(registry, one)]
    return {str(one): origin(registry, one).licence or NO_LICENCE for one in given}


def _front_matter(
    registry: Registry, version: Version, shown: Mapping[str, Any], head: str, stated: Sequence[str]
) -> str:
    hub = origin(registry, model_chain(registry, version)[-1]).hub
    names = sorted({one["version"].partition("@")[0] for one in shown["datasets"].values()})
    said: dict[str, Any] = {"base_model": hub} if hub else {}
    said |= {"library_name": "transformers", "pipeline_tag": _HEADS[head], **licence_keys(sorted({*stated}))}
    said |= {"datasets": names} if names else {}
    return yaml_of(said | {"tags": ["trimtab", *([shown["trainer"]] if shown["trainer"] else [])]})


def _what(shown: Mapping[str, Any]) -> str:
    number, how = shown["version"].partition("@")[2], cell(made(shown["chain"][0]))
    return (
        f"Version {number}, status {shown['status']}, of {shown['created_at'][:10]}: {how}. "
        f"Weights, tokenizer and chat template hash to `{shown['fingerprint']}`."
    )


def _load(head: str, shown: Mapping[str, Any]) -> str:
    lines = [
        f"from transformers import AutoModel{head}, AutoTokenizer",
        "",
        f'model = AutoModel{head}.from_pretrained("FOLDER")',
        'tokenizer = AutoTokenizer.from_pretrained("FOLDER")',
    ]
    code = "```python\n" + "\n".join(lines) + "\n```"
    if any(one["file"].startswith("adapter/") for one in shown["files"]):
        code += (
            f"\n\n`adapter/` is the LoRA adapter by itself, for {shown['base']}; the weights have it merged."
        )
    return code
