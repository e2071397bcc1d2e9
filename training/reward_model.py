"""Train an outcome reward model on pairs: python -m training.reward_model --config run.json."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import fmean, pstdev
from typing import Any

from generation.scoring.outcomes import Answered, OutcomeScorer, answer_ids, set_padding_apart
from training.data.rows import asked, group, parted, preferred
from training.data.soft_labels import by_signal, margin
from training.running.manifest import finish, save_merged
from training.running.run import main, open_run, require_rows, rows_of
from training.running.trainer import load_model, lora, train, trainer_arguments
from training.settings.reward_model import RewardSettings
from training.settings.run import RunConfig, read_config


def reward_model(path: Path, report: Callable[[str], None]) -> None:
    """Train one score per answer, the chosen one's above the rejected one's (Bradley and Terry 1952;
    Ouyang et al. 2022, section 3.5), and measure it on problems that it was not trained on.

    Pairs without a label, pairs that the settings' signal does not decide, and pairs of which a conversation
    exceeds ``max_length`` are left out.
    """
    config = read_config(RunConfig[RewardSettings], path)
    run = open_run("reward_model", config, report)
    margins, signal = config.settings.margins, config.settings.signal
    more = ("label", f"p_{signal}") if signal else ("label", "p_a") if margins else ()
    rows = rows_of(run, "prompt", "chosen", "rejected", *more)
    given = preferred(rows)
    labelled = by_signal(given, signal) if signal else given
    model, tokenizer = load_model(run, "AutoModelForSequenceClassification", num_labels=1)
    set_padding_apart(tokenizer)
    pairs = [_pair(tokenizer, one, config.system_text) for one in labelled]
    fitting = [one for one in pairs if one["longest"] <= config.settings.max_length]
    kept, measured = parted(fitting, config.settings.held_out_share, config.settings.seed)
    counts = {
        "given": len(rows),
        "trained": len(kept),
        "held_out": len(measured),
        "too_long": len(labelled) - len(fitting),
        "unlabelled": len(rows) - len(given),
        **({"undecided": len(given) - len(labelled)} if signal else {}),
    }
    require_rows(run, counts)

    from datasets import Dataset
    from trl import RewardConfig, RewardTrainer

    trainer = RewardTrainer(
        model=model,
        args=RewardConfig(
            max_length=None,
            center_rewards_coefficient=config.settings.centring or None,
            **trainer_arguments(run),
        ),
        train_dataset=Dataset.from_list([_ids(one, margins) for one in kept]),
        processing_class=tokenizer,
        peft_config=lora(config.settings, "SEQ_CLS"),
    )
    history = train(run, trainer)
    saved = save_merged(run, trainer, tokenizer)
    finish(run, saved, history, counts, pair_figures(OutcomeScorer(saved), measured))


def _pair(tokenizer: Any, row: Mapping[str, Any], system_text: str | None) -> dict[str, Any]:
    """Both answers as the scorer reads them, so that it scores what was trained."""
    messages = asked(row, system_text)
    chosen, rejected = (Answered(messages, row[name]) for name in ("chosen", "rejected"))
    ids = {"chosen_ids": answer_ids(tokenizer, chosen), "rejected_ids": answer_ids(tokenizer, rejected)}
    return {
        "split_group": group(row),
        "chosen": chosen,
        "rejected": rejected,
        **ids,
        "longest": max(len(one) for one in ids.values()),
        "row": row,
    }


def _ids(pair: Mapping[str, Any], margins: bool) -> dict[str, Any]:
    ids = {name: pair[name] for name in ("chosen_ids", "rejected_ids")}
    return ids | {"margin": margin(pair["row"])} if margins else ids


def pair_figures(scorer: OutcomeScorer, pairs: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Of ``pairs``: the share ranked rightly (equal scores count half) and the mean margin; none of none.

    And the mean and deviation of all their scores, by which an ensemble brings models to one scale.
    """
    if not pairs:
        return {}
    scores = scorer.scores([one[name] for name in ("chosen", "rejected") for one in pairs])
    scorer.close()
    pairwise = zip(scores[: len(pairs)], scores[len(pairs) :], strict=True)
    known = [
        (chosen, rejected) for chosen, rejected in pairwise if chosen is not None and rejected is not None
    ]
    if not known:
        return {}
    margins = [chosen - rejected for chosen, rejected in known]
    right = sum(1.0 if one > 0 else 0.5 if one == 0 else 0.0 for one in margins)
    both = [score for pair in known for score in pair]
    return {
        "accuracy": right / len(margins),
        "margin": fmean(margins),
        "score_mean": fmean(both),
        "score_deviation": pstdev(both),
    }


if __name__ == "__main__":
    main(reward_model, __doc__)
