"""The parts by title, in the order in which they run."""

from collections.abc import Mapping
from functools import partial

from benchmarks.gpu_check.part import Part
from benchmarks.gpu_check.parts.card import measure_card, no_card
from benchmarks.gpu_check.parts.engines import measure_transformers, measure_vllm, no_vllm
from benchmarks.gpu_check.parts.prepared import prepare
from benchmarks.gpu_check.parts.processes import measure_processes, no_second_card, one_card_alone
from benchmarks.gpu_check.parts.trainers import measure_sampler, measure_trainer
from training.trainers import TRAINERS

_PARTS = (
    Part("models", prepare),
    Part("card", measure_card, no_card, needs_models=False),
    Part("transformers", measure_transformers),
    # an engine starts, which takes a minute on a card
    Part("vllm", measure_vllm, no_vllm, patience=2),
    # where two parts run at once, a long one last would be alone
    Part("samples_by_vllm", measure_sampler, no_vllm, patience=2),
    Part("two_processes_ddp", partial(measure_processes, strategy="ddp"), one_card_alone, patience=2),
    Part("two_processes_fsdp", partial(measure_processes, strategy="fsdp"), no_second_card, patience=2),
    # an average is no training, and uses no card
    *(
        Part(name, partial(measure_trainer, trainer=name))
        for name, trainer in TRAINERS.items()
        if trainer.kind != "average"
    ),
)
PARTS: Mapping[str, Part] = {part.title: part for part in _PARTS}
