"""Config files of a launch: accelerate's, and DeepSpeed's where that shards."""

import json
from collections.abc import Mapping
from pathlib import Path

from training.settings.launch import Launch

_FSDP = {
    "fsdp_version": 2,
    "fsdp_auto_wrap_policy": "TRANSFORMER_BASED_WRAP",
    "fsdp_reshard_after_forward": True,
    "fsdp_cpu_ram_efficient_loading": False,
    "fsdp_state_dict_type": "SHARDED_STATE_DICT",
    "fsdp_offload_params": False,
    "fsdp_activation_checkpointing": False,
}


def write_launch_config(folder: Path, launch: Launch, *, machine_rank: int, bfloat16: bool) -> Path:
    """Write accelerate's file for a machine, and DeepSpeed's for the ZeRO strategies; the former's path."""
    config: dict[str, object] = {
        "compute_environment": "LOCAL_MACHINE",
        # torchrun for each; without GPUs the processes talk by gloo
        "distributed_type": {"ddp": "MULTI_GPU", "fsdp": "FSDP"}.get(launch.strategy, "DEEPSPEED"),
        "mixed_precision": "bf16" if bfloat16 else "no",
        "num_machines": launch.machines,
        "num_processes": launch.processes,
        "machine_rank": machine_rank,
        "main_process_ip": launch.main_address,
        # on one machine any free port will do
        "main_process_port": launch.main_port if launch.machines > 1 else 0,
        "rdzv_backend": "static",
        "same_network": True,
        "use_cpu": False,
    }
    if launch.strategy == "fsdp":
        config["fsdp_config"] = _FSDP
    elif launch.strategy != "ddp":
        path = folder / f"deepspeed-{machine_rank}.json"
        path.write_text(json.dumps(deepspeed(int(launch.strategy[-1])), indent=2))
        config["deepspeed_config"] = {
            "deepspeed_config_file": str(path),
            "deepspeed_multinode_launcher": "standard",
            "zero3_init_flag": False,
        }
        # DeepSpeed's own file has it
        del config["mixed_precision"]
    path = folder / f"launch-{machine_rank}.json"
    path.write_text(json.dumps(config, indent=2))
    return path


def deepspeed(stage: int) -> Mapping[str, object]:
    """DeepSpeed's config of a ZeRO stage (Rajbhandari et al. 2020); `auto` is filled in by the trainer."""
    return {
        "bf16": {"enabled": "auto"},
        "zero_optimization": {
            "stage": stage,
            "overlap_comm": True,
            "contiguous_gradients": True,
            **({"stage3_gather_16bit_weights_on_model_save": True} if stage == 3 else {}),
        },
        "gradient_accumulation_steps": "auto",
        "gradient_clipping": "auto",
        "train_batch_size": "auto",
        "train_micro_batch_size_per_gpu": "auto",
    }
