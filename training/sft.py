"""Supervised fine-tuning on prompt and completion: python -m training.sft --config run.json."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from datasets_registry.errors import BadInput
from generation.tokenizer import Tokenizer
from training.data.replay import CompletionExample, replayed
from training.data.rows import CompletionRow, conversation_ids, fits, prompt_turns, reply, require_ending
from training.data.selection import select
from training.running.manifest import train_and_save
from training.running.process import Report
from training.running.protocols import TrainableModel, Trainer
from training.running.run import Run, main, open_run, rows_of
from training.running.trainer import load_base, load_tokenizer, lora, trainer_arguments
from training.settings.run import RunConfig
from training.settings.sft import SftSettings

# a token of which nothing is learned
IGNORED = -100


def sft(path: Path, report: Report) -> None:
    """Train on the completions' tokens alone, or on all of the assistant's: an adapter or all weights.

    Raises BadInput where the chat template cannot mark the assistant's turns, or does not end them.
    """
    run = open_run("sft", RunConfig[SftSettings], path, report)
    rows = rows_of(run, CompletionRow)
    replay = rows_of(run, CompletionRow, role="replay") if run.config.replay else []
    tokenizer = load_tokenizer(run)

    def example(row: CompletionRow) -> CompletionExample:
        return {
            "prompt": prompt_turns(tokenizer, row, run.config.system_text),
            "completion": reply(tokenizer, row["completion"]),
        }

    def is_short(made: CompletionExample) -> bool:
        return fits(tokenizer, made["prompt"], [made["completion"]], run.settings.max_length)

    def num_tokens(examples: Iterable[CompletionExample]) -> int:
        return sum(len(conversation_ids(tokenizer, made["prompt"] + made["completion"])) for made in examples)

    selection = select(run, rows, {}, example, is_short)
    others = [made for made in map(example, replay) if is_short(made)]
    settings, counts = run.settings, selection.counts
    added = replayed(
        selection.trained, others, settings.replay_share, settings.seed, lambda made: num_tokens([made])
    )
    if replay:
        counts |= {"replay_given": len(replay), "replay_trained": len(added)}
        counts |= {"tokens": num_tokens(selection.trained), "replay_tokens": num_tokens(added)}
    trainer = _trainer(run, load_base(run), tokenizer, [*selection.trained, *added])
    train_and_save(run, trainer, tokenizer, counts)


def _trainer(
    run: Run[SftSettings], model: TrainableModel, tokenizer: Tokenizer, examples: Sequence[CompletionExample]
) -> Trainer:
    """TRL's trainer, once its labels are known to end turns."""
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    marked = run.settings.loss_on == "assistant"
    dialogues = [{"messages": made["prompt"] + made["completion"]} for made in examples]
    try:
        trainer: Trainer = SFTTrainer(
            model=model,
            args=SFTConfig(max_length=None, assistant_only_loss=marked, **trainer_arguments(run)),
            train_dataset=Dataset.from_list(dialogues if marked else list(examples)),
            processing_class=tokenizer,
            peft_config=lora(run.settings),
        )
    except ValueError as error:
        if not marked or "chat template" not in str(error):
            raise
        raise BadInput(
            f"the chat template of {run.base} does not mark the assistant's turns with {{% generation %}}: "
            "take loss_on = 'completion', or a template that does"
        ) from error
    labels = trainer.train_dataset[0]["labels"]
    require_ending(run, tokenizer, [label for label in labels if label != IGNORED])
    return trainer


if __name__ == "__main__":
    main(sft, __doc__)
