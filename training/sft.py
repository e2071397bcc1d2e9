"""Supervised fine-tuning on prompts and completions: python -m training.sft --config run.json."""

from collections.abc import Callable
from pathlib import Path

from training.config import SftRun, read_config
from training.manifest import finish, save_merged
from training.rows import fitting, reply, turns
from training.run import main, open_run, require_rows, rows_of
from training.trainer import load_model, lora, progress_callback, train, trainer_arguments


def sft(path: Path, report: Callable[[str], None]) -> None:
    """Train on the completions' tokens alone: a LoRA adapter, which is merged, or all weights."""
    config = read_config(SftRun, path)
    run = open_run(config, config.settings, report)
    rows = rows_of(run, "prompt", "completion")
    model, tokenizer = load_model(run)
    examples = [
        {
            "prompt": turns(tokenizer, one, config.system_text),
            "completion": reply(tokenizer, one["completion"]),
        }
        for one in rows
    ]
    kept = fitting(tokenizer, examples, ["completion"], config.settings.max_length)
    require_rows(run, len(rows), kept)

    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    trainer = SFTTrainer(
        model=model,
        args=SFTConfig(max_length=None, **trainer_arguments(run, len(kept))),
        train_dataset=Dataset.from_list(kept),
        processing_class=tokenizer,
        peft_config=lora(config.settings),
        callbacks=[progress_callback(run)],
    )
    history = train(run, trainer)
    counts = {"given": len(rows), "trained": len(kept), "too_long": len(rows) - len(kept)}
    finish(run, save_merged(run, trainer, tokenizer), history, counts)


if __name__ == "__main__":
    main(sft, __doc__)
