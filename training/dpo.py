"""Direct preference optimisation on labelled pairs: python -m training.dpo --config run.json."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from generation.tokenizer import Tokenizer
from training.data.pairs import (
    PairExample,
    is_distinct,
    num_pair_tokens,
    pair_example,
    pair_length,
    preferred,
)
from training.data.replay import read_replay
from training.data.rows import PairRow
from training.data.selection import select
from training.data.soft_labels import confidence, shared_dataset, soft_trainer
from training.data.supervised import TokenExample
from training.data.trl_rows import on_tokens
from training.preferences.changes import changes
from training.preferences.reference import load_reference, require_comparable
from training.preferences.replaying import num_learned, replaying, with_replay
from training.running.manifest import train_and_save
from training.running.process import Report
from training.running.protocols import MakeTrainer, Trainer
from training.running.run import Run, main, open_run, rows_of
from training.running.trainer import load_base, load_tokenizer, lora, trainer_arguments
from training.settings.dpo import DpoSettings
from training.settings.run import RunConfig


def dpo(path: Path, report: Report) -> None:
    """Train by the settings' losses: a LoRA adapter or all weights.

    The reference model is the one that the config names, or the base itself: with the adapter switched off,
    or loaded once more. Pairs without a label (ties, unparsed, unjudged) are not trained on; verified pairs
    all have one. Raises BadInput where soft targets are asked for and the pairs have no probabilities.
    """
    run = open_run("dpo", RunConfig[DpoSettings], path, report)
    soft = run.settings.target == "soft"
    rows = rows_of(run, PairRow, *(("label", "p_a") if soft else ()))
    labelled = preferred(rows)
    tokenizer = load_tokenizer(run)
    require_comparable(run, tokenizer)

    def example(row: PairRow) -> PairExample:
        pair = pair_example(tokenizer, row, run.config.system_text)
        return {**pair, "p_chosen": confidence(row)} if soft else pair

    selection = select(
        run,
        labelled,
        {"unlabelled": len(rows) - len(labelled)},
        example,
        lambda pair: pair_length(pair) <= run.settings.max_length,
        is_distinct=is_distinct,
    )
    added, replay = read_replay(run, tokenizer, sum(map(num_pair_tokens, selection.trained)))
    trainer = _trainer(run, tokenizer, selection.trained, added)
    summary = partial(changes, beta=run.settings.beta)
    train_and_save(run, trainer, tokenizer, selection.counts | replay, summary=summary)


def _trainer(
    run: Run[DpoSettings],
    tokenizer: Tokenizer,
    pairs: Sequence[PairExample],
    replayed: Sequence[TokenExample],
) -> Trainer:
    from datasets import Dataset
    from trl import DPOConfig

    settings = run.settings
    soft = settings.target == "soft"
    model, reference = load_base(run), load_reference(run)
    arguments = DPOConfig(
        trust_remote_code=False,
        beta=settings.beta,
        loss_type=list(settings.losses),
        loss_weights=list(settings.losses.values()),
        label_smoothing=settings.flip_rate,
        precompute_ref_log_probs=soft,
        max_length=None,
        **trainer_arguments(run),
    )
    rows: Sequence[PairExample] = with_replay(pairs, replayed) if replayed else pairs
    shared = soft and run.config.launch.several
    examples = shared_dataset(rows, run.config.output / "examples") if shared else Dataset.from_list(rows)
    # with soft targets the reference reads all pairs right here
    with run.halving():
        trainer: Trainer = _kind(settings, len(pairs), replayed)(
            model=model,
            args=arguments,
            train_dataset=examples,
            processing_class=tokenizer,
            peft_config=lora(settings),
            ref_model=reference,
        )
    return trainer


def _kind(settings: DpoSettings, num_pairs: int, replayed: Sequence[TokenExample]) -> MakeTrainer:
    """TRL's trainer, with what the settings add to its loss."""
    kind = soft_trainer() if settings.target == "soft" else on_tokens("DPOTrainer")
    if not replayed:
        return kind
    return replaying(kind, settings.replay_weight, num_learned(replayed) / num_pairs)


if __name__ == "__main__":
    main(dpo, __doc__)
