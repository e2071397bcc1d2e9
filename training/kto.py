"""Kahneman-Tversky optimisation on pairs or single verdicts: python -m training.kto --config run.json."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from training.data.desirability import in_batches, judged
from training.data.rows import fitting, reply, require_ending, turns
from training.running.manifest import finish, save_merged
from training.running.run import main, open_run, require_rows, rows_of
from training.running.trainer import load_model, lora, train, trainer_arguments
from training.settings.kto import KtoSettings
from training.settings.run import RunConfig, read_config

# how much the desirable completions may count for, where the undesirable ones count for 1
MOST = 4 / 3


def kto(path: Path, report: Callable[[str], None]) -> None:
    """Train towards desirable completions and away from undesirable ones (Ethayarajh et al. 2024).

    The reference model is the base itself: with the adapter switched off, or loaded once more. Every epoch
    goes through the same batches, in which both labels are.
    """
    config = read_config(RunConfig[KtoSettings], path)
    run = open_run("kto", config, report)
    settings = config.settings
    labelled, given = judged(rows_of(run, "prompt"), run.dataset)
    model, tokenizer = load_model(run)
    examples = [
        {
            "prompt": turns(tokenizer, one, config.system_text),
            "completion": reply(tokenizer, one["completion"]),
            "label": one["label"],
        }
        for one in labelled
    ]
    fit = fitting(tokenizer, examples, ["completion"], settings.max_length)
    counts = {
        "given": given,
        "trained": len(fit),
        "too_long": len(labelled) - len(fit),
        "unlabelled": given - len(labelled),
    }
    require_rows(run, counts)
    kept = in_batches(fit, settings.batch_size, settings.seed)
    desirable = sum(one["label"] for one in kept)
    counts |= {
        "trained": len(kept),
        "left_over": len(fit) - len(kept),
        "desirable": desirable,
        "undesirable": len(kept) - desirable,
    }

    settings = weighed(settings, desirable, len(kept) - desirable)
    # as they were used, for the manifest
    run = replace(run, settings=settings)

    from datasets import Dataset
    from trl import KTOConfig, KTOTrainer

    trainer = KTOTrainer(
        model=model,
        args=KTOConfig(
            beta=settings.beta,
            desirable_weight=settings.desirable_weight,
            undesirable_weight=settings.undesirable_weight,
            max_length=None,
            **trainer_arguments(run),
        ),
        train_dataset=Dataset.from_list(kept),
        processing_class=tokenizer,
        peft_config=lora(settings),
    )
    require_ending(run, tokenizer, trainer.train_dataset[0]["completion_ids"])
    history = train(run, trainer)
    finish(run, save_merged(run, trainer, tokenizer), history, counts)


def weighed(settings: KtoSettings, desirable: int, undesirable: int) -> KtoSettings:
    """The settings with a weight of desirable completions, of which there are so many."""
    if settings.desirable_weight is not None:
        return settings
    weight = MOST * settings.undesirable_weight * undesirable / desirable
    return settings.model_copy(update={"desirable_weight": weight})


if __name__ == "__main__":
    main(kto, __doc__)
