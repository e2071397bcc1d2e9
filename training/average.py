"""An average of models' weights: python -m training.average --config run.json."""

import importlib.metadata
import json
import shutil
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from datasets_registry.adapters import FOLDER as ADAPTER
from datasets_registry.bases import base_folder
from datasets_registry.errors import BadInput
from datasets_registry.manifest import FILE, Manifest, VersionReference
from generation.models.folder import INDEX, fingerprint
from generation.models.limits import read_table
from generation.models.merging import write_merged
from generation.models.tensors import Tensors
from generation.templates.opening import open_tokenizer, read_tokenizer
from generation.templates.probing import rendering_digest
from training.running import ranks
from training.running.manifest import put_in_place, require_numbers
from training.running.process import Report
from training.running.run import Run, main, open_run
from training.running.visible import require_unchanged
from training.settings.run import RunConfig
from training.settings.weights.average import AverageSettings

if TYPE_CHECKING:
    import torch

    from datasets_registry.version import Version

_LIBRARIES = ("torch", "safetensors")


def average(path: Path, report: Report) -> None:
    """Write the mean of whole weights in float32; adapters are merged into theirs first.

    Raises BadInput where the models are not of one architecture, shapes and vocabulary.
    """
    run = open_run("average", RunConfig[AverageSettings], path, report)
    # nothing is shared, so one process does it
    if not ranks.is_first():
        return
    shares = shares_of(run)
    require_alike(run)
    require_unchanged(run.registry, run.models)
    folder = run.config.output / ".tmp-model"
    shutil.rmtree(folder, ignore_errors=True)
    left_out = shutil.ignore_patterns(ADAPTER, FILE, "*.safetensors", INDEX)
    shutil.copytree(run.base_folder, folder, ignore=left_out)
    wholes = [_whole(run, model) for model in run.models]
    write_average(list(zip(wholes, shares, strict=True)), folder)
    _finish(run, folder)


def shares_of(run: Run[AverageSettings]) -> list[float]:
    """The share of the base and of each part; raises BadInput where they are of other models."""
    named = [part.name for part in run.parts]
    if named != list(run.settings.shares):
        raise BadInput(
            f"{run.config.name}: parts are {named} and settings.shares of {list(run.settings.shares)}: give "
            "each part its share, in the same order"
        )
    return [run.settings.rest, *run.settings.shares.values()]


def require_alike(run: Run[AverageSettings]) -> None:
    """Raise BadInput unless all parts have the base's architecture, tensors and vocabulary."""
    first, *others = [_traits(run, model) for model in run.models]
    for part, traits in zip(run.parts, others, strict=True):
        for what, value in first.items():
            if traits[what] != value:
                raise BadInput(
                    f"{run.config.name}: the {what} of {part} is not that of {run.base}: only models that go "
                    "back to one model can be averaged"
                )


def _traits(run: Run[AverageSettings], model: "Version") -> Mapping[str, object]:
    """What must be alike, read without a weight."""
    folder = run.registry.folder(model)
    with Tensors(base_folder(run.registry, folder) or folder) as tensors:
        shapes = {key: tensors.shape(key) for key in tensors}
    return {
        "architecture": read_table(folder / "config.json").get("architectures"),
        "shape of the weights": shapes,
        "vocabulary": read_tokenizer(folder).get_vocab(),
    }


def _whole(run: Run[AverageSettings], model: "Version") -> Path:
    """The folder of the model's whole weights: its own, or one where its adapter is merged."""
    folder = run.registry.folder(model)
    under = base_folder(run.registry, folder)
    if under is None:
        return folder
    merged = run.config.output / f".merged-{model.data_version[:16]}"
    shutil.rmtree(merged, ignore_errors=True)
    merged.mkdir(parents=True)
    write_merged(folder, under, merged)
    return merged


def write_average(parts: Sequence[tuple[Path, float]], target: Path) -> None:
    """Write the mean of the weights in the folders by their shares, in float32, and mark the config so.

    A tensor of each is in memory at a time, and one file of the first.
    """
    from safetensors.torch import save_file

    places: dict[str, str] = {}
    with ExitStack() as opened:
        models = [(opened.enter_context(Tensors(folder)), share) for folder, share in parts]
        files = models[0][0].files
        for file in files:
            mean = {key: _mean(models, key) for key in models[0][0].of(file)}
            save_file(mean, target / file, metadata={"format": "pt"})
            places |= dict.fromkeys(mean, file)
    if len(files) > 1:
        index = {"metadata": {}, "weight_map": dict(sorted(places.items()))}
        (target / INDEX).write_text(json.dumps(index, indent=2), encoding="utf-8")
    config = {key: value for key, value in read_table(target / "config.json").items() if key != "torch_dtype"}
    (target / "config.json").write_text(json.dumps(config | {"dtype": "float32"}, indent=2), encoding="utf-8")


def _mean(models: Sequence[tuple[Tensors, float]], key: str) -> "torch.Tensor":
    import torch

    (first, share), *others = models
    mean = first[key].to(torch.float32) * share
    for tensors, share in others:
        mean += tensors[key].to(torch.float32) * share
    return mean


def _finish(run: Run[AverageSettings], folder: Path) -> None:
    """Write the manifest, put the model in place and remove what was merged."""
    require_numbers(run, folder)
    manifest = Manifest(
        name=run.config.name,
        trainer=run.trainer,
        fingerprint=fingerprint(folder),
        rendering=rendering_digest(open_tokenizer(folder)),
        base=VersionReference.from_version(run.base),
        parts=tuple(map(VersionReference.from_version, run.parts)),
        settings=run.settings.model_dump(mode="json"),
        dtype="float32",
        stored="whole",
        seconds=round(time.monotonic() - run.started, 1),
        libraries={name: importlib.metadata.version(name) for name in _LIBRARIES},
    )
    manifest.write(folder)
    shutil.rmtree(run.config.output / "model", ignore_errors=True)
    put_in_place(run, folder)
    for merged in run.config.output.glob(".merged-*"):
        shutil.rmtree(merged)
    run.report(f"{run.config.name}: the average of {len(run.models)} models, in {manifest.seconds} s")


if __name__ == "__main__":
    main(average, __doc__)
