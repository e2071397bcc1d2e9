"""The model card, all from records: what a version was made from and with, its data, figures and limits."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from datasets_registry.adapters import CONFIG
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
from datasets_registry.inspecting.chain import Ancestor, model_chain
from datasets_registry.inspecting.model_details import Evaluation, ModelDetails, TrainingData, model_details
from datasets_registry.inspecting.model_facts import ModelFacts, is_given
from datasets_registry.inspecting.origins import origin
from datasets_registry.registry import Registry
from datasets_registry.rows.types import row_type
from datasets_registry.version import Version

TEMPLATE = Path(__file__).parent / "model_card.md"
# the Hub's task by the last words of an architecture's name
_TASKS = {
    "ForCausalLM": "text-generation",
    "ForSequenceClassification": "text-classification",
    "ForTokenClassification": "token-classification",
}
_FIGURES = ("suite", "metric", "value", "low", "high", "num_items")


def model_card(registry: Registry, version: Version) -> str:
    """The card as Markdown with YAML before it, without any path of this machine.

    Raises BadInput where ``version`` is a dataset, and BrokenObject where a file cannot be read.
    """
    details = model_details(registry, version)
    head = _head(registry.small_files(version))
    weights = _weight_licences(registry, version)
    rows = licences(registry, version)
    by_model = [f"weights of {model}: {licence}" for model, licence in weights.items()]
    parts = {
        "front_matter": _front_matter(registry, version, details, head, [*weights.values(), *rows]),
        "name": cell(version.name),
        "what": _summary(details),
        "load": _load(head, details),
        "chain": _chain_table(details.chain),
        "trained_on": _data_table(details),
        "data_cards": _data_cards(registry, details.datasets),
        "settings": settings_text(details.settings),
        "training": _training_table(details.facts),
        "evaluations": _evaluations_table(details.evaluations),
        "checks": checks_table(registry, version),
        "limits": _bullets(known_limits(registry, version, details)),
        "lineage": lineage_table(registry, version),
        "licence": _bullets([*by_model, *(f"rows of the lineage: {licence}" for licence in rows)]),
    }
    text: str = without_paths(filled(TEMPLATE, parts))
    return text


def _head(folder: Path) -> str:
    """The head that the model has: ``ForCausalLM`` of ``LlamaForCausalLM``."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    architecture = (config.get("architectures") or [""])[0]
    return next((head for head in _TASKS if architecture.endswith(head)), "ForCausalLM")


def _weight_licences(registry: Registry, version: Version) -> dict[str, str]:
    """The licence of each model in the lineage that was taken as given."""
    given = [model for model in lineage_of(registry, version) if is_given(registry, model)]
    return {str(model): origin(registry, model).licence or NO_LICENCE for model in given}


def _front_matter(
    registry: Registry, version: Version, details: ModelDetails, head: str, spdx: Sequence[str]
) -> str:
    hub = origin(registry, model_chain(registry, version)[-1]).hub
    names = sorted({data.version.partition("@")[0] for data in details.datasets.values()})
    trainer = details.facts.trainer
    return yaml_of(
        {
            **({"base_model": hub} if hub else {}),
            "library_name": "transformers",
            "pipeline_tag": _TASKS[head],
            **licence_keys(sorted({*spdx})),
            **({"datasets": names} if names else {}),
            "tags": ["trimtab", *([trainer] if trainer else [])],
        }
    )


def _summary(details: ModelDetails) -> str:
    facts = details.facts
    return (
        f"Version {facts.version.partition('@')[2]}, status {facts.status}, of {facts.created_at[:10]}: "
        f"{cell(details.chain[0].how_made)}. "
        f"{'Adapter' if facts.stored == 'adapter' else 'Weights'}, tokenizer and chat template hash to "
        f"`{facts.fingerprint}`."
    )


def _load(head: str, details: ModelDetails) -> str:
    lines = [
        f"from transformers import AutoModel{head}, AutoTokenizer",
        "",
        f'model = AutoModel{head}.from_pretrained("FOLDER")',
        'tokenizer = AutoTokenizer.from_pretrained("FOLDER")',
    ]
    code = "```python\n" + "\n".join(lines) + "\n```"
    if any(file.file.startswith("adapter/") for file in details.files):
        is_alone = details.facts.stored == "adapter"
        base = f"the model whose fingerprint {CONFIG} names" if is_alone else details.facts.base
        code += (
            f"\n\n`adapter/` is the LoRA adapter by itself, for {base}; it is already merged into the "
            "weights, whose update a cast to bfloat16 may round away."
        )
    return code


def _chain_table(chain: Sequence[Ancestor]) -> str:
    """The models that it goes back to, itself first."""
    rows = [(model.version, model.status, model.how_made, ", ".join(model.behind)) for model in chain]
    return table(("model", "status", "how it was made", "behind"), rows)


def _data_table(details: ModelDetails) -> str:
    """The exact dataset versions by role, and the reward models."""
    rows = [
        (role, data.version, data.data_version, data.rows, data.status)
        for role, data in details.datasets.items()
    ]
    datasets = table(("role", "dataset", "data version", "rows", "status"), rows)
    models = details.facts.reward_models
    return f"{datasets}\n\nRewards came from {', '.join(models)}." if models else datasets


def _data_cards(registry: Registry, datasets: Mapping[str, TrainingData]) -> str:
    """A short card of each dataset version."""
    names = dict.fromkeys(data.version for data in datasets.values())
    return "\n\n".join(_data_card(registry, registry.resolve(name)) for name in names)


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
            f"Checks that it did not pass:\n\n{_bullets(red_checks(registry, version))}",
        ]
    )


def _training_table(facts: ModelFacts) -> str:
    """Counts of rows, metrics, time and libraries."""
    figures = [
        *((f"rows {name}", count) for name, count in facts.rows.items()),
        *facts.steps.items(),
        *facts.metrics.items(),
        ("seconds", facts.seconds),
        ("dtype", facts.dtype),
        ("share of the update that bfloat16 keeps", facts.kept_by_bfloat16),
        *facts.libraries.items(),
    ]
    return table(("figure", "value"), [figure for figure in figures if figure[1] is not None])


def _evaluations_table(evaluations: Sequence[Evaluation]) -> str:
    """The figures that evaluations have of it, and the other datasets with rows about it."""
    rows = [
        (evaluation.version, *(figure.get(name) for name in _FIGURES))
        for evaluation in evaluations
        for figure in evaluation.figures
    ]
    others = [
        f"{evaluation.version} has {evaluation.rows} rows about it."
        for evaluation in evaluations
        if not evaluation.figures
    ]
    figures = table(("evaluation", "suite", "metric", "value", "low", "high", "items"), rows)
    return "\n\n".join([figures, *others])


def _bullets(lines: Sequence[str]) -> str:
    """The lines as a list of plain texts; ``None.`` without any."""
    return "\n".join(f"- {cell(line)}" for line in lines) or "None."
