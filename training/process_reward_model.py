"""Train a process reward model on step labels: python -m training.process_reward_model --config run.json."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from generation.scoring.steps import Stepped, StepScorer, step_tokens
from training.data.rows import asked, parted
from training.data.steps import StepCollator, example, step_loss, targets
from training.running.manifest import finish, save_merged
from training.running.run import AnyRun, main, open_run, require_rows, rows_of
from training.running.trainer import load_model, lora, train, trainer_arguments
from training.settings.process_reward_model import ProcessRewardSettings
from training.settings.run import RunConfig, read_config

THRESHOLD = 0.5


def step_figures(
    scores: Sequence[Sequence[float]], labels: Sequence[Sequence[bool | None]]
) -> dict[str, float]:
    """Accuracy over labelled steps, over each label by itself, and by the step's number from 1.

    A step is called right where its score exceeds one half. Balanced accuracy is the mean of both
    labels' accuracies, and left out where one of them does not occur.
    """
    found = [
        (number, label, (score > THRESHOLD) == label)
        for row, wanted in zip(scores, labels, strict=True)
        for number, (score, label) in enumerate(zip(row, wanted, strict=True), start=1)
        if label is not None
    ]
    if not found:
        return {}
    sides = [[hit for _, label, hit in found if label is side] for side in (True, False)]
    figures = {"num_steps": float(len(found)), "share_right": len(sides[0]) / len(found)}
    figures["accuracy"] = _share([hit for *_, hit in found])
    if all(sides):
        figures["balanced_accuracy"] = sum(_share(one) for one in sides) / 2
    for number in sorted({one for one, *_ in found}):
        figures[f"accuracy_step_{number}"] = _share([hit for one, _, hit in found if one == number])
    return figures


def _share(hits: Sequence[bool]) -> float:
    return sum(hits) / len(hits)


COLUMNS = ("prompt", "completions", "separator", "labels", "implied", "soft", "split_group")


def process_reward_model(path: Path, report: Callable[[str], None]) -> None:
    """Train P(right) at the end of each step (Lightman et al. 2023, section 2.6; soft targets after
    Wang et al. 2023, section 3.3), and measure it on problems that it was not trained on.

    Solutions without a usable label, and those beyond ``max_length``, are counted and never cut.
    """
    config = read_config(RunConfig[ProcessRewardSettings], path)
    run = open_run("process_reward_model", config, report)
    rows = rows_of(run, *COLUMNS)
    model, tokenizer = load_model(
        run,
        "AutoModelForTokenClassification",
        id2label={0: "wrong", 1: "right"},
        label2id={"wrong": 0, "right": 1},
    )
    usable, left_out = _usable(tokenizer, rows, config)
    kept, measured = parted(usable, config.settings.held_out_share, config.settings.seed)
    counts = {"given": len(rows), "trained": len(kept), "held_out": len(measured), **left_out}
    require_rows(run, counts)
    trainer = _trainer(run, model, tokenizer, kept)
    history = train(run, trainer)
    saved = save_merged(run, trainer, tokenizer)
    finish(run, saved, history, counts, _figures(StepScorer(saved), measured))


def _usable(
    tokenizer: Any, rows: Sequence[Mapping[str, Any]], config: RunConfig[ProcessRewardSettings]
) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """The solutions to learn or measure, and how many are left out for which reason."""
    left_out = {"unlabelled": 0, "too_long": 0, "steps_share_a_token": 0}
    usable = []
    for row in rows:
        wanted = targets(row, config.settings)
        if all(one is None for one in wanted):
            left_out["unlabelled"] += 1
            continue
        solution = Stepped(asked(row, config.system_text), tuple(row["completions"]), row["separator"])
        tokens = step_tokens(tokenizer, solution)
        if len(tokens.ids) > config.settings.max_length:
            left_out["too_long"] += 1
        elif not tokens.distinct:
            left_out["steps_share_a_token"] += 1
        else:
            usable.append(
                {
                    "split_group": row["split_group"],
                    "solution": solution,
                    "example": example(tokens, wanted),
                    "labels": _labels(row, config.settings),
                }
            )
    return usable, left_out


def _labels(row: Mapping[str, Any], settings: ProcessRewardSettings) -> list[bool | None]:
    """The hard labels that the model is measured by, whichever it learns."""
    wanted = targets(row, settings.model_copy(update={"target": "hard"}))
    return [None if one is None else bool(one) for one in wanted]


def _trainer(run: AnyRun, model: Any, tokenizer: Any, kept: Sequence[Mapping[str, Any]]) -> Any:
    from transformers import Trainer, TrainingArguments

    class StepTrainer(Trainer):  # type: ignore[misc]
        """Token classification by our own targets and mask; each micro-batch weighs the same."""

        def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, **_: Any) -> Any:
            wanted, counts = inputs.pop("targets"), inputs.pop("counts")
            output = model(**inputs, use_cache=False)
            loss = step_loss(output.logits, wanted, counts)
            return (loss, output) if return_outputs else loss

    arguments = TrainingArguments(remove_unused_columns=False, **trainer_arguments(run))
    adapter = lora(run.settings, "TOKEN_CLS")
    if adapter is not None:
        from peft import get_peft_model

        model = get_peft_model(model, adapter)
        if arguments.gradient_checkpointing:
            # else nothing that is recomputed would ask for gradients, as the embeddings are frozen
            model.enable_input_require_grads()
    return StepTrainer(
        model=model,
        args=arguments,
        train_dataset=[one["example"] for one in kept],
        data_collator=StepCollator(tokenizer.pad_token_id or 0),
    )


def _figures(scorer: StepScorer, measured: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    if not measured:
        return {}
    scores = scorer.scores([one["solution"] for one in measured])
    scorer.close()
    read = [(one, row["labels"]) for one, row in zip(scores, measured, strict=True) if one is not None]
    return step_figures([one for one, _ in read], [labels for _, labels in read])


if __name__ == "__main__":
    main(process_reward_model, __doc__)
