"""Odds-ratio preference optimisation on labelled pairs: python -m training.orpo --config run.json.

By ``trl.experimental.orpo``, of which TRL says that it may change or go in any release: another version than
the one that training is written for is refused when a run opens.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from generation.chat import render, token_ids
from generation.request import Message
from training.data.rows import Turns, conversation_ids, fitting, pair, preferred, require_ending
from training.running.manifest import finish, save_merged
from training.running.run import main, open_run, require_rows, rows_of
from training.running.trainer import load_model, lora, train, trainer_arguments
from training.settings.orpo import OrpoSettings
from training.settings.run import RunConfig, read_config

SIDES = ("chosen", "rejected")


def orpo(path: Path, report: Callable[[str], None]) -> None:
    """Train on the chosen completions, and on the odds of each against the rejected one (Hong et al. 2024).

    There is no reference model. Pairs without a label (ties, unparsed, unjudged) are not trained on.
    """
    config = read_config(RunConfig[OrpoSettings], path)
    run = open_run("orpo", config, report)
    rows = rows_of(run, "prompt", *SIDES)
    labelled = preferred(rows)
    model, tokenizer = load_model(run)
    examples = [pair(tokenizer, one, config.system_text) for one in labelled]
    kept = fitting(tokenizer, examples, SIDES, config.settings.max_length)
    counts = {
        "given": len(rows),
        "trained": len(kept),
        "too_long": len(labelled) - len(kept),
        "unlabelled": len(rows) - len(labelled),
    }
    require_rows(run, counts)
    tokens = [_tokens(tokenizer, one) for one in kept]
    require_ending(run, tokenizer, [one for one in tokens[0]["chosen_labels"] if one != -100])

    from datasets import Dataset

    os.environ["TRL_EXPERIMENTAL_SILENCE"] = "1"
    from trl.experimental.orpo import ORPOConfig

    trainer = _trainer_class()(
        model=model,
        args=ORPOConfig(
            beta=config.settings.beta,
            max_length=config.settings.max_length,
            remove_unused_columns=False,
            **trainer_arguments(run),
        ),
        train_dataset=Dataset.from_list(tokens),
        processing_class=tokenizer,
        peft_config=lora(config.settings),
    )
    history = train(run, trainer)
    finish(run, save_merged(run, trainer, tokenizer), history, counts)


def _tokens(tokenizer: Any, example: Mapping[str, Turns]) -> dict[str, list[int]]:
    """Both conversations as the policy reads and ends them; labels are the completion's tokens alone."""
    asked = [Message.model_validate(one) for one in example["prompt"]]
    prompt = token_ids(tokenizer, render(tokenizer, asked, continues=False))
    found = {}
    for side in SIDES:
        ids = conversation_ids(tokenizer, example["prompt"] + example[side])
        start = _common_start(prompt, ids)
        found[f"{side}_input_ids"], found[f"{side}_attention_mask"] = ids, [1] * len(ids)
        found[f"{side}_labels"] = [-100] * start + ids[start:]
    return found


def _common_start(one: Sequence[int], other: Sequence[int]) -> int:
    return next(
        (place for place, both in enumerate(zip(one, other, strict=False)) if len({*both}) > 1), len(one)
    )


def _trainer_class() -> Any:
    """TRL's trainer, on rows that are tokens already, and with the paper's loss.

    TRL's own tokens would end a turn twice where a template puts a line break behind the end; and its loss of
    the chosen completion is over the prompt too, so that a policy would learn to ask what red teams ask.
    """
    from trl.experimental.orpo import ORPOTrainer

    class Trainer(ORPOTrainer):  # type: ignore[misc]
        def tokenize_row(self, feature: Any, model: Any = None) -> dict[str, Any]:
            return {}

        def concatenated_forward(self, model: Any, batch: Any) -> tuple[Any, ...]:
            chosen, rejected, chosen_logits, rejected_logits, _, *more = super().concatenated_forward(
                model, batch
            )
            # a mean over each completion's tokens, as of the odds, and then over completions
            return chosen, rejected, chosen_logits, rejected_logits, -chosen.mean(), *more

    return Trainer


if __name__ == "__main__":
    main(orpo, __doc__)
