"""Odds-ratio preference optimisation on labelled pairs: python -m training.orpo --config run.json.

By ``trl.experimental.orpo``, which TRL may change or remove in any release: a version other than the one that
training is written for is refused when a run opens.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from generation.tokenizer import Tokenizer
from training.data.pairs import PairExample, is_distinct, pair_example, pair_length, preferred
from training.data.rows import PairRow
from training.data.selection import select
from training.data.tokens import IGNORED
from training.running.manifest import train_and_save
from training.running.process import Report
from training.running.protocols import MakeTrainer, TrainableModel, Trainer
from training.running.run import Run, main, open_run, rows_of
from training.running.trainer import load_base, load_tokenizer, lora, trainer_arguments
from training.settings.orpo import OrpoSettings
from training.settings.run import RunConfig

if TYPE_CHECKING:
    import torch

# the mean log-probability of a completion that counts as certain: at 0 its odds have no logarithm
CERTAIN = -1e-6


def orpo(path: Path, report: Report) -> None:
    """Train on the chosen completions, and on the odds of each against the rejected one (Hong et al. 2024).

    There is no reference model. Pairs without a label (ties, unparsed, unjudged) are not trained on.
    """
    run = open_run("orpo", RunConfig[OrpoSettings], path, report)
    rows = rows_of(run, PairRow)
    labelled = preferred(rows)
    tokenizer = load_tokenizer(run)
    selection = select(
        run,
        labelled,
        {"unlabelled": len(rows) - len(labelled)},
        lambda row: pair_example(tokenizer, row, run.config.system_text),
        lambda pair: pair_length(pair) <= run.settings.max_length,
        is_distinct=is_distinct,
    )
    examples = list(map(pair_tokens, selection.trained))
    trainer = _trainer(run, load_base(run), tokenizer, examples)
    train_and_save(run, trainer, tokenizer, selection.counts)


def pair_tokens(pair: PairExample) -> dict[str, list[int]]:
    """Both conversations as the policy reads and ends them; labels are the completion's tokens alone."""
    prompt = pair["prompt_ids"]
    sides = {"chosen": pair["chosen_ids"], "rejected": pair["rejected_ids"]}
    columns = {}
    for side, completion in sides.items():
        ids = prompt + completion
        columns[f"{side}_input_ids"], columns[f"{side}_attention_mask"] = ids, [1] * len(ids)
        columns[f"{side}_labels"] = [IGNORED] * len(prompt) + completion
    return columns


def _trainer(
    run: Run[OrpoSettings],
    model: TrainableModel,
    tokenizer: Tokenizer,
    examples: Sequence[Mapping[str, Sequence[int]]],
) -> Trainer:
    from datasets import Dataset

    os.environ["TRL_EXPERIMENTAL_SILENCE"] = "1"
    from trl.experimental.orpo import ORPOConfig

    return _trainer_class()(
        model=model,
        args=ORPOConfig(
            trust_remote_code=False,
            beta=run.settings.beta,
            max_length=run.settings.max_length,
            remove_unused_columns=False,
            **trainer_arguments(run),
        ),
        train_dataset=Dataset.from_list(examples),
        processing_class=tokenizer,
        peft_config=lora(run.settings),
    )


def below_certain(mean_logps: "torch.Tensor") -> "torch.Tensor":
    """Mean log-probabilities of which the odds and their gradient are finite."""
    return mean_logps.float().clamp(max=CERTAIN)


def _trainer_class() -> MakeTrainer:
    """TRL's trainer, on rows that are tokens already, and with the paper's loss.

    TRL's own tokens would end a turn twice where a template puts a line break behind the end; and its loss of
    the chosen completion is over the prompt too, so that a policy would learn to ask what red teams ask.
    """
    from trl.experimental.orpo import ORPOTrainer

    class OurTrainer(ORPOTrainer):  # type: ignore[misc]
        def tokenize_row(self, feature: object, model: object = None) -> dict[str, object]:
            return {}

        def concatenated_forward(self, model: object, batch: object) -> tuple["torch.Tensor", ...]:
            chosen, rejected, chosen_logits, rejected_logits, _, *more = super().concatenated_forward(
                model, batch
            )
            # a mean over each completion's tokens, as of the odds, and then over completions
            loss, (chosen, rejected) = -chosen.mean(), map(below_certain, (chosen, rejected))
            return chosen, rejected, chosen_logits, rejected_logits, loss, *more

    return OurTrainer


if __name__ == "__main__":
    main(orpo, __doc__)
