"""FSDP in bfloat16: gradients are summed in float32, and what a loss is computed of is not rounded."""

from dataclasses import replace
from functools import cache
from typing import Protocol, cast

from datasets_registry.errors import BadInput
from training.running.protocols import Trainer
from training.running.run import AnyRun


class _Plugin(Protocol):
    """accelerate's settings of FSDP, of which it sets the policy."""

    mixed_precision_policy: object


@cache
def keep_outputs() -> None:
    """Let accelerate's policy of FSDP cast weights and inputs alone, in every model that it shards.

    accelerate would cast outputs too, where a sum of log-probabilities is rounded to 2 nats and more. The
    policy is made amid the constructors of trainers, which shard a reference by it; hence this patch.
    """
    import torch
    from accelerate.utils import FullyShardedDataParallelPlugin
    from torch.distributed.fsdp import MixedPrecisionPolicy

    given = FullyShardedDataParallelPlugin.set_mixed_precision

    def set_mixed_precision(plugin: _Plugin, *arguments: object, **options: object) -> None:
        given(plugin, *arguments, **options)
        policy = cast(MixedPrecisionPolicy, plugin.mixed_precision_policy)
        # blocks keep their bfloat16, which checkpointing stores
        plugin.mixed_precision_policy = replace(policy, reduce_dtype=torch.float32, output_dtype=None)

    FullyShardedDataParallelPlugin.set_mixed_precision = set_mixed_precision


def prepare_sharding(run: AnyRun, trainer: Trainer) -> None:
    """Let the whole model's outputs be float32, as accelerate has them where it does not shard.

    Raises BadInput where FSDP is asked for, and accelerate does not shard.
    """
    if run.config.launch.strategy != "fsdp":
        return
    kind = str(trainer.accelerator.distributed_type).rpartition(".")[2]
    if kind != "FSDP":
        raise BadInput(
            f"{run.config.name}: strategy = 'fsdp' needs GPUs, and here accelerate found {kind}: take "
            "strategy = 'ddp'"
        )
    if run.settings.lora_rank is not None:
        run.report(
            f"{run.config.name}: an adapter by strategy = 'fsdp' gathers the whole base at each step: "
            "strategy = 'ddp' is faster, unless the base does not fit on one GPU"
        )
    from accelerate.utils import convert_outputs_to_fp32

    trainer.model.forward = convert_outputs_to_fp32(trainer.model.forward)
