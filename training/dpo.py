"""Direct preference optimisation on labelled pairs: python -m training.dpo --config run.json."""

from collections.abc import Callable
from pathlib import Path

from training.config import DpoRun, read_config
from training.manifest import finish, save_merged
from training.rows import fitting, reply, turns
from training.run import (
    load_model,
    lora,
    main,
    open_run,
    progress_callback,
    require_rows,
    train,
    trainer_arguments,
)


def dpo(path: Path, report: Callable[[str], None]) -> None:
    """Train a LoRA adapter with the sigmoid loss (Rafailov et al. 2023), and merge it.

    The reference model is the base itself, with the adapter switched off. Pairs without a label
    (ties, unparsed, unjudged) are not trained on.
    """
    config = read_config(DpoRun, path)
    run = open_run(config, config.settings, report)
    rows = run.registry.table(run.dataset).to_pylist()
    labelled = [one for one in rows if one["label"] in ("a", "b")]
    model, tokenizer = load_model(run)
    examples = [
        {
            "prompt": turns(tokenizer, one, config.system_text),
            "chosen": reply(tokenizer, one["chosen"]),
            "rejected": reply(tokenizer, one["rejected"]),
        }
        for one in labelled
    ]
    kept = fitting(tokenizer, examples, ["chosen", "rejected"], config.settings.max_length)
    require_rows(run, len(rows), kept)

    from datasets import Dataset
    from trl import DPOConfig, DPOTrainer

    trainer = DPOTrainer(
        model=model,
        args=DPOConfig(beta=config.settings.beta, **trainer_arguments(run, len(kept))),
        train_dataset=Dataset.from_list(kept),
        processing_class=tokenizer,
        peft_config=lora(config.settings),
        callbacks=[progress_callback(run)],
    )
    history = train(run, trainer)
    counts = {
        "given": len(rows),
        "trained": len(kept),
        "too_long": len(labelled) - len(kept),
        "unlabelled": len(rows) - len(labelled),
    }
    finish(run, save_merged(run, trainer, tokenizer), history, counts)


if __name__ == "__main__":
    main(dpo, __doc__)
