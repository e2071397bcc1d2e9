"""Train an outcome reward model on pairs: python -m training.reward_model --config run.json."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from statistics import fmean, pstdev
from typing import TypedDict

from datasets_registry.bases import base_folder
from generation.scoring.outcomes import Answered, OutcomeScorer, answer_ids, set_padding_apart
from generation.tokenizer import Tokenizer
from training.data.pairs import preferred
from training.data.rows import PairRow, conversation, parted, sides, split_group
from training.data.selection import select
from training.data.soft_labels import by_signal, margin, signal_column
from training.running.manifest import train_and_save
from training.running.process import Report
from training.running.protocols import TrainableModel, Trainer
from training.running.run import Run, main, open_run, rows_of
from training.running.trainer import load_base, load_tokenizer, lora, trainer_arguments
from training.settings.reward_model import RewardSettings
from training.settings.run import RunConfig


class AnswerPair(TypedDict):
    """Both answers as the scorer reads them, so that it scores what was trained."""

    split_group: str
    chosen: Answered
    rejected: Answered
    chosen_ids: list[int]
    rejected_ids: list[int]
    # where the settings ask for margins
    margin: float | None


def reward_model(path: Path, report: Report) -> None:
    """Train one score per answer, the chosen one's above the rejected one's (Bradley and Terry 1952;
    Ouyang et al. 2022, section 3.5), and measure it on problems that it was not trained on.

    Pairs without a label, pairs that the settings' signal does not decide, and pairs of which a conversation
    exceeds ``max_length`` are left out.
    """
    run = open_run("reward_model", RunConfig[RewardSettings], path, report)
    settings = run.settings
    columns = ("label", signal_column(settings.signal)) if settings.signal else ("label", "p_a")
    rows = rows_of(run, PairRow, *(columns if settings.signal or settings.margins else ()))
    labelled = preferred(rows)
    decided = by_signal(labelled, settings.signal) if settings.signal else labelled
    left_out = {"unlabelled": len(rows) - len(labelled)}
    if settings.signal:
        left_out["undecided"] = len(labelled) - len(decided)
    tokenizer = load_tokenizer(run)
    set_padding_apart(tokenizer)
    selection = select(
        run,
        decided,
        left_out,
        lambda row: answer_pair(tokenizer, row, run.config.system_text, margins=settings.margins),
        lambda pair: max(len(pair["chosen_ids"]), len(pair["rejected_ids"])) <= settings.max_length,
        partial(parted, share=settings.held_out_share, seed=settings.seed),
        lambda pair: pair["chosen_ids"] != pair["rejected_ids"],
    )
    model = load_base(run, "AutoModelForSequenceClassification", num_labels=1)
    trainer = _trainer(run, model, tokenizer, selection.trained)
    train_and_save(
        run,
        trainer,
        tokenizer,
        selection.counts,
        lambda folder: pair_figures(
            OutcomeScorer(folder, base_folder(run.registry, folder)), selection.held_out
        ),
    )


def answer_pair(tokenizer: Tokenizer, row: PairRow, system_text: str | None, *, margins: bool) -> AnswerPair:
    """A preferred pair as two answers to one prompt."""
    messages, tools = conversation(row, system_text)
    chosen, rejected = (
        Answered(messages, side.content, side.reasoning, side.tool_calls, tools) for side in sides(row)
    )
    return {
        "split_group": split_group(row),
        "chosen": chosen,
        "rejected": rejected,
        "chosen_ids": answer_ids(tokenizer, chosen),
        "rejected_ids": answer_ids(tokenizer, rejected),
        "margin": margin(row) if margins else None,
    }


def _trainer(
    run: Run[RewardSettings], model: TrainableModel, tokenizer: Tokenizer, pairs: Sequence[AnswerPair]
) -> Trainer:
    from datasets import Dataset
    from trl import RewardConfig, RewardTrainer

    columns = ("chosen_ids", "rejected_ids", *(("margin",) if run.settings.margins else ()))
    trainer: Trainer = RewardTrainer(
        model=model,
        args=RewardConfig(
            trust_remote_code=False,
            max_length=None,
            center_rewards_coefficient=run.settings.centring or None,
            **trainer_arguments(run),
        ),
        train_dataset=Dataset.from_list(
            [{name: value for name, value in pair.items() if name in columns} for pair in pairs]
        ),
        processing_class=tokenizer,
        peft_config=lora(run.settings, "SEQ_CLS"),
    )
    return trainer


def pair_figures(scorer: OutcomeScorer, pairs: Sequence[AnswerPair]) -> dict[str, float]:
    """The share of ``pairs`` ranked rightly (equal scores count half), and the mean margin; none of no pairs.

    The mean and deviation of all their scores let an ensemble bring models to one scale.
    """
    if not pairs:
        return {}
    scores = scorer.scores([*(pair["chosen"] for pair in pairs), *(pair["rejected"] for pair in pairs)])
    scorer.close()
    both = zip(scores[: len(pairs)], scores[len(pairs) :], strict=True)
    read = [(chosen, rejected) for chosen, rejected in both if chosen is not None and rejected is not None]
    if not read:
        return {}
    margins = [chosen - rejected for chosen, rejected in read]
    ranks = [1.0 if margin > 0 else 0.5 if margin == 0 else 0.0 for margin in margins]
    values = [score for pair in read for score in pair]
    return {
        "accuracy": fmean(ranks),
        "margin": fmean(margins),
        "score_mean": fmean(values),
        "score_deviation": pstdev(values),
    }


if __name__ == "__main__":
    main(reward_model, __doc__)
