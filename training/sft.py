"""Supervised fine-tuning on prompt and completion: python -m training.sft --config run.json."""

from collections.abc import Sequence
from pathlib import Path

from generation.tokenizer import Tokenizer
from training.data.replay import read_replay
from training.data.rows import CompletionRow
from training.data.selection import select
from training.data.supervised import TokenExample, learnables, num_tokens, token_example
from training.running.manifest import train_and_save
from training.running.process import Report
from training.running.protocols import TrainableModel, Trainer
from training.running.run import Run, main, open_run, rows_of
from training.running.trainer import load_base, load_tokenizer, lora, trainer_arguments
from training.settings.run import RunConfig
from training.settings.sft import SftSettings


def sft(path: Path, report: Report) -> None:
    """Train on the completions' tokens alone, or on all of the assistant's: an adapter or all weights.

    Raises BadInput where the chat template cannot mark the assistant's turns.
    """
    run = open_run("sft", RunConfig[SftSettings], path, report)
    rows, settings = rows_of(run, CompletionRow), run.settings
    tokenizer, all_turns = load_tokenizer(run), settings.loss_on == "assistant"
    parts = learnables(tokenizer, rows, run.config.system_text, all_turns=all_turns)
    selection = select(
        run,
        parts,
        {},
        lambda part: token_example(tokenizer, part),
        lambda made: len(made["input_ids"]) <= settings.max_length,
    )
    counts = selection.counts
    if len(rows) != counts["given"]:
        counts["conversations"] = len(rows)
    added, replay = read_replay(run, tokenizer, num_tokens(selection.trained), all_turns=all_turns)
    trainer = _trainer(run, load_base(run), tokenizer, [*selection.trained, *added])
    train_and_save(run, trainer, tokenizer, counts | replay)


def _trainer(
    run: Run[SftSettings], model: TrainableModel, tokenizer: Tokenizer, examples: Sequence[TokenExample]
) -> Trainer:
    """TRL's trainer on tokens and labels, which it takes as they are."""
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    trainer: Trainer = SFTTrainer(
        model=model,
        args=SFTConfig(max_length=None, trust_remote_code=False, **trainer_arguments(run)),
        train_dataset=Dataset.from_list(list(examples)),
        processing_class=tokenizer,
        peft_config=lora(run.settings),
    )
    return trainer


if __name__ == "__main__":
    main(sft, __doc__)
