"""Supervised fine-tuning on prompt and completion: python -m training.sft --config run.json."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from generation.tokenizer import Tokenizer
from training.data.replay import TokenExample, replayed
from training.data.rows import CompletionRow, completed, conversation
from training.data.selection import examples_of, select, tolerate
from training.data.tokens import Learnable, labelled, turn_by_turn
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
    rows = rows_of(run, CompletionRow)
    replay = rows_of(run, CompletionRow, role="replay") if run.config.replay else []
    tokenizer = load_tokenizer(run)

    def learnables(of: Iterable[CompletionRow]) -> list[Learnable]:
        return [part for row in of for part in turn_by_turn(tokenizer, _learnable(run, row))]

    def example(learnable: Learnable) -> TokenExample:
        ids, labels = labelled(tokenizer, learnable)
        return {"input_ids": ids, "labels": labels}

    def is_short(made: TokenExample) -> bool:
        return len(made["input_ids"]) <= run.settings.max_length

    selection = select(run, learnables(rows), {}, example, is_short)
    settings, counts = run.settings, selection.counts
    if len(rows) != counts["given"]:
        counts["conversations"] = len(rows)
    others, refusals = examples_of(learnables(replay), example)
    tolerate(run, refusals, len(replay))
    added = replayed(
        selection.trained,
        list(filter(is_short, others)),
        settings.replay_share,
        settings.seed,
        lambda made: len(made["input_ids"]),
    )
    if replay:
        counts |= {"replay_given": len(replay), "replay_trained": len(added)}
        counts |= {"replay_unrenderable": len(refusals)} if refusals else {}
        counts |= {"tokens": _num_tokens(selection.trained), "replay_tokens": _num_tokens(added)}
    trainer = _trainer(run, load_base(run), tokenizer, [*selection.trained, *added])
    train_and_save(run, trainer, tokenizer, counts)


def _learnable(run: Run[SftSettings], row: CompletionRow) -> Learnable:
    asked = conversation(row, run.config.system_text)
    return Learnable(asked, completed(row), all_turns=run.settings.loss_on == "assistant")


def _num_tokens(examples: Iterable[TokenExample]) -> int:
    return sum(len(made["input_ids"]) for made in examples)


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
