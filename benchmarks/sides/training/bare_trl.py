"""The other side of `training`: TRL by hand, as its documentation has it.

python -m benchmarks.sides.training.bare_trl KIND RUN_JSON ROWS_JSONL: KIND is sft, dpo or reward_model.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")


def main() -> None:
    """Train on the rows with the run's settings, and save the model."""
    kind, config, rows = sys.argv[1], json.loads(Path(sys.argv[2]).read_text()), Path(sys.argv[3])
    examples = [_example(kind, json.loads(line)) for line in rows.read_text().splitlines()]
    trainer = _trainer(kind, config, examples)
    trainer.train()
    trainer.model.merge_and_unload().save_pretrained(config["output"])
    trainer.processing_class.save_pretrained(config["output"])
    losses = [log["loss"] for log in trainer.state.log_history if "loss" in log]
    print(json.dumps({"loss": losses[-1], "steps": len(losses)}))


def _example(kind: str, row: dict[str, Any]) -> dict[str, Any]:
    names = ("completion",) if kind == "sft" else ("chosen", "rejected")
    replies = {name: [{"role": "assistant", "content": row[name]}] for name in names}
    return {"prompt": [{"role": "user", "content": row["prompt"]}], **replies}


def _trainer(kind: str, config: dict[str, Any], examples: list[dict[str, Any]]) -> Any:
    import torch
    import transformers
    import trl
    from datasets import Dataset
    from peft import LoraConfig

    settings = config["settings"]
    transformers.set_seed(settings["seed"])
    heads = {"reward_model": ("SequenceClassification", {"num_labels": 1})}
    head, options = heads.get(kind, ("CausalLM", {}))
    model = getattr(transformers, f"AutoModelFor{head}").from_pretrained(
        config["base"], dtype=torch.float32, trust_remote_code=False, **options
    )
    tokenizer = transformers.AutoTokenizer.from_pretrained(config["base"], trust_remote_code=False)
    score = ["score"] if kind == "reward_model" else None
    name = {"sft": "SFT", "dpo": "DPO", "reward_model": "Reward"}[kind]
    more = {"beta": settings["beta"]} if kind == "dpo" else {}
    arguments = getattr(trl, f"{name}Config")(
        output_dir=config["output"],
        learning_rate=settings["learning_rate"],
        max_steps=settings["max_steps"],
        per_device_train_batch_size=settings["batch_size"],
        warmup_steps=settings["warmup_share"],
        lr_scheduler_type="cosine",
        seed=settings["seed"],
        logging_steps=1,
        save_strategy="no",
        report_to="none",
        use_cpu=True,
        bf16=False,
        gradient_checkpointing=False,
        max_length=None,
        disable_tqdm=True,
        **more,
    )
    adapter = LoraConfig(
        r=settings["lora_rank"],
        lora_alpha=settings["lora_alpha"],
        target_modules="all-linear",
        task_type="SEQ_CLS" if score else "CAUSAL_LM",
        modules_to_save=score,
        exclude_modules=score,
    )
    return getattr(trl, f"{name}Trainer")(
        model=model,
        args=arguments,
        train_dataset=Dataset.from_list(examples),
        processing_class=tokenizer,
        peft_config=adapter,
    )


if __name__ == "__main__":
    main()
