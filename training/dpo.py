"""Direct preference optimisation on labelled pairs: python -m training.dpo --config run.json."""

from collections.abc import Callable
from pathlib import Path

from training.data.rows import fitting, pair, preferred, require_ending
from training.data.soft_labels import P, shared_dataset, soft_trainer, sureness
from training.running.manifest import finish, save_merged
from training.running.memory import halving
from training.running.run import main, open_run, require_rows, rows_of
from training.running.trainer import load_model, lora, train, trainer_arguments
from training.settings.dpo import DpoSettings
from training.settings.run import RunConfig, read_config


def dpo(path: Path, report: Callable[[str], None]) -> None:
    """Train by the settings' losses: a LoRA adapter, which is merged, or all weights.

    The reference model is the base itself: with the adapter switched off, or loaded once more. Pairs
    without a label (ties, unparsed, unjudged) are not trained on; verified pairs all have one. Raises
    BadInput where soft targets are wanted of pairs that no judge was sure of to a degree.
    """
    config = read_config(RunConfig[DpoSettings], path)
    run = open_run("dpo", config, report)
    settings = config.settings
    soft = settings.target == "soft"
    rows = rows_of(run, "prompt", "chosen", "rejected", *(("label", "p_a") if soft else ()))
    labelled = preferred(rows)
    model, tokenizer = load_model(run)
    conversations = [
        {**pair(tokenizer, one, config.system_text), **({P: sureness(one)} if soft else {})}
        for one in labelled
    ]
    kept = fitting(tokenizer, conversations, ["chosen", "rejected"], config.settings.max_length)
    counts = {
        "given": len(rows),
        "trained": len(kept),
        "too_long": len(labelled) - len(kept),
        "unlabelled": len(rows) - len(labelled),
    }
    require_rows(run, counts)

    from datasets import Dataset
    from trl import DPOConfig, DPOTrainer

    arguments = DPOConfig(
        beta=settings.beta,
        loss_type=list(settings.losses),
        loss_weights=list(settings.losses.values()),
        label_smoothing=settings.flip_rate,
        precompute_ref_log_probs=soft,
        max_length=None,
        **trainer_arguments(run),
    )
    shared = soft and config.launch.several
    examples = shared_dataset(kept, config.output / "examples") if shared else Dataset.from_list(kept)
    # the reference is asked at once where targets are soft
    with halving(config, settings):
        trainer = (soft_trainer() if soft else DPOTrainer)(
            model=model,
            args=arguments,
            train_dataset=examples,
            processing_class=tokenizer,
            peft_config=lora(settings),
        )
    require_ending(run, tokenizer, trainer.train_dataset[0]["chosen_ids"])
    history = train(run, trainer)
    finish(run, save_merged(run, trainer, tokenizer), history, counts)


if __name__ == "__main__":
    main(dpo, __doc__)
