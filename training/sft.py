"""Supervised fine-tuning on prompt and completion: python -m training.sft --config run.json."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from datasets_registry.errors import BadInput
from training.data.replay import replayed
from training.data.rows import conversation_ids, fitting, reply, require_ending, turns
from training.running.manifest import finish, save_merged
from training.running.run import AnyRun, main, open_run, require_rows, rows_of
from training.running.trainer import load_model, lora, train, trainer_arguments
from training.settings.run import RunConfig, read_config
from training.settings.sft import SftSettings


def sft(path: Path, report: Callable[[str], None]) -> None:
    """Train on the completions' tokens alone, or on all of the assistant's: an adapter or all weights."""
    config = read_config(RunConfig[SftSettings], path)
    run = open_run("sft", config, report)
    given, replay = rows_of(run, "prompt", "completion"), _replay(run, config)
    model, tokenizer = load_model(run)
    kept = _examples(tokenizer, given, config)
    counts = {"given": len(given), "trained": len(kept), "too_long": len(given) - len(kept)}
    require_rows(run, counts)

    def tokens(one: dict[str, Any]) -> int:
        return len(conversation_ids(tokenizer, one["prompt"] + one["completion"]))

    more = replayed(
        kept, _examples(tokenizer, replay, config), config.settings.replay_share, run.settings.seed, tokens
    )
    if replay:
        counts |= {"replay_given": len(replay), "replay_trained": len(more)}
        counts |= {"tokens": sum(map(tokens, kept)), "replay_tokens": sum(map(tokens, more))}
    trainer = _trainer(run, config, model, tokenizer, [*kept, *more])
    history = train(run, trainer)
    finish(run, save_merged(run, trainer, tokenizer), history, counts)


def _replay(run: AnyRun, config: RunConfig[SftSettings]) -> list[dict[str, Any]]:
    return rows_of(run, "prompt", "completion", role="replay") if config.replay else []


def _examples(
    tokenizer: Any, rows: Sequence[dict[str, Any]], config: RunConfig[SftSettings]
) -> list[dict[str, Any]]:
    """The rows that fit, as conversations."""
    examples = (
        {
            "prompt": turns(tokenizer, one, config.system_text),
            "completion": reply(tokenizer, one["completion"]),
        }
        for one in rows
    )
    return fitting(tokenizer, examples, ["completion"], config.settings.max_length)


def _trainer(
    run: AnyRun,
    config: RunConfig[SftSettings],
    model: Any,
    tokenizer: Any,
    examples: Sequence[dict[str, Any]],
) -> Any:
    """TRL's trainer, once its labels are known to end turns."""
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    marked = config.settings.loss_on == "assistant"
    shown = [{"messages": one["prompt"] + one["completion"]} for one in examples] if marked else examples
    try:
        trainer = SFTTrainer(
            model=model,
            args=SFTConfig(max_length=None, assistant_only_loss=marked, **trainer_arguments(run)),
            train_dataset=Dataset.from_list(list(shown)),
            processing_class=tokenizer,
            peft_config=lora(config.settings),
        )
    except ValueError as error:
        if not marked or "chat template" not in str(error):
            raise
        raise BadInput(
            f"the chat template of {run.base} does not mark the assistant's turns with {{% generation %}}: "
            "take loss_on = 'completion', or a template that does"
        ) from error
    require_ending(run, tokenizer, [one for one in trainer.train_dataset[0]["labels"] if one != -100])
    return trainer


if __name__ == "__main__":
    main(sft, __doc__)
