"""Kahneman-Tversky optimisation on pairs or single verdicts: python -m training.kto --config run.json."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from generation.tokenizer import Tokenizer
from training.data.desirability import (
    JudgedExample,
    in_batches,
    judged,
    judged_example,
    without_contradictions,
)
from training.data.rows import PromptRow
from training.data.selection import select
from training.data.trl_rows import on_tokens, with_mismatched
from training.preferences.reference import load_reference, require_comparable
from training.running.manifest import train_and_save
from training.running.process import Report
from training.running.protocols import TrainableModel, Trainer
from training.running.run import Run, main, open_run, rows_of
from training.running.trainer import load_base, load_tokenizer, lora, trainer_arguments
from training.settings.kto import KtoSettings
from training.settings.run import RunConfig

# how much the desirable completions may count for, where the undesirable ones count for 1
MOST = 4 / 3


def kto(path: Path, report: Report) -> None:
    """Train towards desirable completions and away from undesirable ones (Ethayarajh et al. 2024).

    The reference model is the one that the config names, or the base itself: with the adapter switched off,
    or loaded once more. Every epoch goes through the same batches, each with both labels, also where short
    memory made them smaller.
    """
    run = open_run("kto", RunConfig[KtoSettings], path, report)
    settings = run.settings
    labelled, num_completions = judged(rows_of(run, PromptRow), run.dataset)
    tokenizer = load_tokenizer(run)
    require_comparable(run, tokenizer)
    selection = select(
        run,
        labelled,
        {"unlabelled": num_completions - len(labelled)},
        lambda row: judged_example(tokenizer, row, run.config.system_text),
        lambda made: len(made["prompt_ids"]) + len(made["completion_ids"]) <= settings.max_length,
    )
    distinct = without_contradictions(selection.trained)
    num_equal = len(selection.trained) - len(distinct)
    examples = in_batches(distinct, run.micro_batch.size, settings.seed)
    desirable = sum(example["label"] for example in examples)
    undesirable = len(examples) - desirable
    counts = selection.counts | {
        "trained": len(examples),
        **({"equal": num_equal} if num_equal else {}),
        "left_over": len(distinct) - len(examples),
        "desirable": desirable,
        "undesirable": undesirable,
    }
    # the manifest has the settings as they were used
    run = replace(run, settings=weighed(settings, desirable, undesirable))
    trainer = _trainer(run, load_base(run), tokenizer, examples)
    train_and_save(run, trainer, tokenizer, counts)


def _trainer(
    run: Run[KtoSettings], model: TrainableModel, tokenizer: Tokenizer, examples: Sequence[JudgedExample]
) -> Trainer:
    from datasets import Dataset
    from trl import KTOConfig

    trainer: Trainer = on_tokens("KTOTrainer")(
        model=model,
        ref_model=load_reference(run),
        args=KTOConfig(
            trust_remote_code=False,
            beta=run.settings.beta,
            desirable_weight=run.settings.desirable_weight,
            undesirable_weight=run.settings.undesirable_weight,
            max_length=None,
            **trainer_arguments(run),
        ),
        train_dataset=Dataset.from_list(with_mismatched(examples, run.micro_batch.size)),
        processing_class=tokenizer,
        peft_config=lora(run.settings),
    )
    return trainer


def weighed(settings: KtoSettings, desirable: int, undesirable: int) -> KtoSettings:
    """The settings with a weight of desirable completions, by the numbers of both kinds."""
    if settings.desirable_weight is not None:
        return settings
    weight = MOST * settings.undesirable_weight * undesirable / desirable
    return settings.model_copy(update={"desirable_weight": weight})


if __name__ == "__main__":
    main(kto, __doc__)
