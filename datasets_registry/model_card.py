"""The model card: what a version was made from and with, its data, figures and limits, all from records."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from datasets_registry.card import (
    checks_table,
    filled,
    licence_keys,
    lineage_table,
    settings_text,
    yaml_of,
)
from datasets_registry.importing import NO_LICENCE
from datasets_registry.licences import licences, lineage_of
from datasets_registry.local_paths import without_paths
from datasets_registry.markdown import cell
from datasets_registry.model_chain import made, model_chain
from datasets_registry.model_facts import is_given
from datasets_registry.model_limits import known_limits
from datasets_registry.model_sections import (
    chain_table,
    data_cards,
    data_table,
    evaluations_table,
    listed,
    training_table,
)
from datasets_registry.model_showing import show_model
from datasets_registry.origins import origin
from datasets_registry.registry import Registry
from datasets_registry.version import Version

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
        "name": cell(version.name), "what": _what(shown), "load": _load(head, shown),
        "chain": chain_table(shown["chain"]), "trained_on": data_table(shown),
        "data_cards": data_cards(registry, shown["datasets"]),
        "settings": settings_text(shown["settings"]), "training": training_table(shown),
        "evaluations": evaluations_table(shown["evaluations"]), "checks": checks_table(registry, version),
        "limits": listed(known_limits(registry, version, shown)),
        "lineage": lineage_table(registry, version),
        "licence": listed([*named, *(f"rows of the lineage: {one}" for one in rows)]),
    }  # fmt: skip
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
        f"from transformers import AutoModel{head}, AutoTokenizer", "",
        f'model = AutoModel{head}.from_pretrained("FOLDER")',
        'tokenizer = AutoTokenizer.from_pretrained("FOLDER")',
    ]  # fmt: skip
    code = "```python\n" + "\n".join(lines) + "\n```"
    if any(one["file"].startswith("adapter/") for one in shown["files"]):
        code += (
            f"\n\n`adapter/` is the LoRA adapter by itself, for {shown['base']}; the weights have it merged."
        )
    return code
