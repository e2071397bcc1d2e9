"""Odds-ratio preference optimisation on labelled pairs: python -m training.orpo --config run.json.

By ``trl.experimental.orpo``, which TRL may change or remove in any release: a version other than the one that
training is written for is refused when a run opens.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from generation.request import Message
from generation.tokenizer import Tokenizer
from training.data.pairs import PairExample, pair_example, pair_fits, preferred
from training.data.rows import PairRow, Turns, conversation_ids, prompt_ids, require_ending
from training.data.selection import select
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
# a token of which nothing is learned
IGNORED = -100


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
        lambda pair: pair_fits(tokenizer, pair, run.settings.max_length),
    )
    examples = [pair_tokens(tokenizer, pair) for pair in selection.trained]
    require_ending(run, tokenizer, [label for label in examples[0]["chosen_labels"] if label != IGNORED])
    trainer = _trainer(run, load_base(run), tokenizer, examples)
    train_and_save(run, trainer, tokenizer, selection.counts)


def pair_tokens(tokenizer: Tokenizer, pair: PairExample) -> dict[str, list[int]]:
    """Both conversations as the policy reads and ends them; labels are the completion's tokens alone."""
    prompt = prompt_ids(tokenizer, [Message.model_validate(turn) for turn in pair["prompt"]])
    sides: Mapping[str, Turns] = {"chosen": pair["chosen"], "rejected": pair["rejected"]}
    columns = {}
    for side, completion in sides.items():
        ids = conversation_ids(tokenizer, pair["prompt"] + completion)
        start = _common_start(prompt, ids)
        columns[f"{side}_input_ids"], columns[f"{side}_attention_mask"] = ids, [1] * len(ids)
        columns[f"{side}_labels"] = [IGNORED] * start + ids[start:]
    return columns


def _common_start(prompt: Sequence[int], conversation: Sequence[int]) -> int:
    """The number of leading tokens that both share."""
    both = enumerate(zip(prompt, conversation, strict=False))
    return next((position for position, (left, right) in both if left != right), len(prompt))


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
