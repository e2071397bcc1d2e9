"""Train a process reward model on step labels: python -m training.process_reward_model --config run.json."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from datasets_registry.bases import base_folder
from generation.chat import Unrenderable
from generation.language_model import LanguageModel
from generation.scoring.steps import Stepped, StepScorer, step_tokens
from generation.tokenizer import Tokenizer
from training.data.rows import parted, prompt_messages, split_group
from training.data.selection import tolerate
from training.data.steps import (
    StepCollator,
    StepExample,
    StepRow,
    require_shares,
    step_example,
    step_loss,
    step_targets,
)
from training.running.manifest import train_and_save
from training.running.process import Report
from training.running.protocols import AdaptedModel, TrainableModel, Trainer
from training.running.run import AnyRun, Run, main, open_run, require_rows, rows_of
from training.running.trainer import load_base, load_tokenizer, lora, trainer_arguments
from training.settings.process_reward_model import ProcessRewardSettings
from training.settings.run import RunConfig

if TYPE_CHECKING:
    import torch

THRESHOLD = 0.5


class Solution(TypedDict):
    """A solution to learn or to measure, with the hard labels that it is measured by."""

    split_group: str
    solution: Stepped
    example: StepExample
    labels: list[bool | None]


def process_reward_model(path: Path, report: Report) -> None:
    """Train P(right) at the end of each step (Lightman et al. 2023, section 2.6; soft targets after
    Wang et al. 2023, section 3.3), and measure it on problems that it was not trained on.

    Solutions without a usable label, and those beyond ``max_length``, are counted and never cut.
    """
    run = open_run("process_reward_model", RunConfig[ProcessRewardSettings], path, report)
    rows = rows_of(run, StepRow, "split_group", *(("soft",) if run.settings.target == "soft" else ()))
    require_shares(rows, run.settings)
    tokenizer = load_tokenizer(run)
    usable, left_out = _usable(run, tokenizer, rows)
    trained, held_out = parted(usable, run.settings.held_out_share, run.settings.seed)
    counts = {"given": len(rows), "trained": len(trained), "held_out": len(held_out), **left_out}
    require_rows(run, counts)
    model = load_base(
        run,
        "AutoModelForTokenClassification",
        id2label={0: "wrong", 1: "right"},
        label2id={"wrong": 0, "right": 1},
    )
    trainer = _trainer(run, model, tokenizer, [solution["example"] for solution in trained])
    train_and_save(
        run,
        trainer,
        tokenizer,
        counts,
        lambda folder: solution_figures(StepScorer(folder, base_folder(run.registry, folder)), held_out),
    )


def _usable(
    run: Run[ProcessRewardSettings], tokenizer: Tokenizer, rows: Sequence[StepRow]
) -> tuple[list[Solution], dict[str, int]]:
    """The solutions to learn or measure, and how many are left out for which reason."""
    left_out = {"unlabelled": 0, "too_long": 0, "steps_share_a_token": 0}
    usable: list[Solution] = []
    refusals: list[Unrenderable] = []
    for row in rows:
        targets = step_targets(row, run.settings)
        if all(target is None for target in targets):
            left_out["unlabelled"] += 1
            continue
        messages = prompt_messages(row, run.config.system_text)
        solution = Stepped(messages, tuple(row["completions"]), row["separator"])
        try:
            tokens = step_tokens(tokenizer, solution)
        except Unrenderable as refusal:
            refusals.append(refusal)
            continue
        if len(tokens.ids) > run.settings.max_length:
            left_out["too_long"] += 1
        elif not tokens.distinct:
            left_out["steps_share_a_token"] += 1
        else:
            usable.append(
                {
                    "split_group": split_group(row),
                    "solution": solution,
                    "example": step_example(tokens, targets),
                    "labels": _hard_labels(row, run.settings),
                }
            )
    tolerate(run, refusals, len(rows))
    return usable, left_out | ({"unrenderable": len(refusals)} if refusals else {})


def _hard_labels(row: StepRow, settings: ProcessRewardSettings) -> list[bool | None]:
    """The labels that the model is measured by, whichever it learns."""
    targets = step_targets(row, settings.model_copy(update={"target": "hard"}))
    return [None if target is None else bool(target) for target in targets]


def _trainer(
    run: AnyRun, model: TrainableModel, tokenizer: Tokenizer, examples: Sequence[StepExample]
) -> Trainer:
    from transformers import Trainer as BaseTrainer
    from transformers import TrainingArguments

    class StepTrainer(BaseTrainer):  # type: ignore[misc]
        """Token classification by our own targets and mask; each micro-batch weighs the same."""

        def compute_loss(
            self,
            model: LanguageModel,
            inputs: "dict[str, torch.Tensor]",
            return_outputs: bool = False,
            **_: object,
        ) -> object:
            targets, counts = inputs.pop("targets"), inputs.pop("counts")
            output = model(**inputs, use_cache=False)
            loss = step_loss(output.logits, targets, counts)
            return (loss, output) if return_outputs else loss

    arguments = TrainingArguments(remove_unused_columns=False, **trainer_arguments(run))
    trainer: Trainer = StepTrainer(
        model=_with_adapter(run, model, recomputes=arguments.gradient_checkpointing),
        args=arguments,
        train_dataset=examples,
        data_collator=StepCollator(tokenizer.pad_token_id or 0),
    )
    return trainer


def _with_adapter(run: AnyRun, model: TrainableModel, *, recomputes: bool) -> TrainableModel:
    adapter = lora(run.settings, "TOKEN_CLS")
    if adapter is None:
        return model
    from peft import get_peft_model

    adapted: AdaptedModel = get_peft_model(model, adapter)
    if recomputes:
        # else nothing that is recomputed would ask for gradients, as the embeddings are frozen
        adapted.enable_input_require_grads()
    return adapted


def solution_figures(scorer: StepScorer, solutions: Sequence[Solution]) -> dict[str, float]:
    """The model's accuracy on held-out solutions; none of no solutions."""
    if not solutions:
        return {}
    scores = scorer.scores([solution["solution"] for solution in solutions])
    scorer.close()
    read = [
        (steps, solution["labels"])
        for steps, solution in zip(scores, solutions, strict=True)
        if steps is not None
    ]
    return step_figures([steps for steps, _ in read], [labels for _, labels in read])


def step_figures(
    scores: Sequence[Sequence[float]], labels: Sequence[Sequence[bool | None]]
) -> dict[str, float]:
    """Accuracy over labelled steps, over each label by itself, and by the step's number from 1.

    A step is called right where its score exceeds one half. Balanced accuracy is the mean of both
    labels' accuracies, and left out where one of them does not occur.
    """
    verdicts = [
        (number, label, (score > THRESHOLD) == label)
        for steps, solution in zip(scores, labels, strict=True)
        for number, (score, label) in enumerate(zip(steps, solution, strict=True), start=1)
        if label is not None
    ]
    if not verdicts:
        return {}
    by_label = [[hit for _, label, hit in verdicts if label is side] for side in (True, False)]
    figures = {"num_steps": float(len(verdicts)), "share_right": len(by_label[0]) / len(verdicts)}
    figures["accuracy"] = _share([hit for *_, hit in verdicts])
    if all(by_label):
        figures["balanced_accuracy"] = sum(map(_share, by_label)) / 2
    for number in sorted({step for step, *_ in verdicts}):
        figures[f"accuracy_step_{number}"] = _share([hit for step, _, hit in verdicts if step == number])
    return figures


def _share(hits: Sequence[bool]) -> float:
    return sum(hits) / len(hits)


if __name__ == "__main__":
    main(process_reward_model, __doc__)
