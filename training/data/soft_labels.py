"""How sure a judge is: margins of reward models, and DPO's exact cross-entropy with P(chosen is better)."""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from math import exp, log
from pathlib import Path
from typing import Any

from datasets_registry.rows.words import TIE_LOGIT, Signal
from methods.judging.preference import logit
from training.running import ranks


def by_signal(rows: Iterable[Mapping[str, Any]], signal: Signal) -> list[dict[str, Any]]:
    """The pairs that the signal decides, with its label and probability in place of all signals'.

    ``rows`` are labelled pairs, since others name no completions. A signal's own probability is a mean over
    both orders, and does not tell whether they agree: what is left out are pairs on which it is null, or so
    close to one half that it would be a tie.
    """
    return [_labelled(one, one[f"p_{signal}"]) for one in rows if _decides(one[f"p_{signal}"])]


def _decides(p: float | None) -> bool:
    return p is not None and abs(logit(p)) > TIE_LOGIT


def _labelled(row: Mapping[str, Any], p: float) -> dict[str, Any]:
    label = "a" if p > 0.5 else "b"
    chosen, rejected = ("chosen", "rejected") if label == row["label"] else ("rejected", "chosen")
    return {**row, "label": label, "p_a": p, "chosen": row[chosen], "rejected": row[rejected]}


P = "p_chosen"
MOST = 3.0


def sureness(row: Mapping[str, Any]) -> float:
    """P(chosen is better), by a labelled pair's mean over both orders."""
    p_a = float(row["p_a"])
    return p_a if row["label"] == "a" else 1 - p_a


def margin(row: Mapping[str, Any]) -> float:
    """The log-odds that the chosen one is better, from 0 to MOST."""
    p = min(sureness(row), 1 / (1 + exp(-MOST)))
    return log(p / (1 - p)) if p > 0.5 else 0.0


def shared_dataset(rows: Sequence[Mapping[str, Any]], folder: Path) -> Any:
    """The rows as a dataset that all processes read from ``folder``, where the first one writes it.

    TRL keeps the reference's log-probabilities beside a dataset's file; without one, each process would look
    for them in a folder of its own.
    """
    from datasets import Dataset

    if ranks.is_first():
        shutil.rmtree(folder, ignore_errors=True)
        Dataset.from_list(list(rows)).save_to_disk(folder)
    ranks.wait_for_all()
    return Dataset.load_from_disk(str(folder))


def soft_trainer() -> Any:
    """A DPOTrainer for rows with the column ``p_chosen``; the reference's log-probabilities come first.

    With z = beta · (log-ratio of chosen less that of rejected) the loss wanted is
    -p log s(z) - (1 - p) log s(-z), which is TRL's -log s(z), plus (1 - p) z.
    """
    import torch
    from trl import DPOTrainer
    from trl.trainer.dpo_trainer import DataCollatorForPreference

    class Collator(DataCollatorForPreference):  # type: ignore[misc]
        def torch_call(self, examples: list[dict[str, Any]]) -> dict[str, Any]:
            batch: dict[str, Any] = super().torch_call(examples)
            return batch | {P: torch.tensor([one[P] for one in examples])}

    class SoftTrainer(DPOTrainer):  # type: ignore[misc]
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            # after the pass of the reference, which does not read it
            self.data_collator: Any = Collator(**vars(self.data_collator))

        def _set_signature_columns_if_needed(self) -> None:
            super()._set_signature_columns_if_needed()
            if P not in self._signature_columns:
                self._signature_columns.append(P)

        def _compute_loss(self, model: Any, inputs: Any, return_outputs: bool) -> Any:
            p, read = inputs.pop(P), []

            def reading(**given: Any) -> Any:
                read.append(model(**given))
                return read[-1]

            # asked for outputs, TRL would compute them once more
            loss = super()._compute_loss(reading, inputs, False)
            length = inputs["completion_mask"].size(1) - 1
            chosen, rejected = read[0].log_probs[:, -length:].sum(1).chunk(2)
            before = inputs["ref_chosen_logps"] - inputs["ref_rejected_logps"]
            weight = self.loss_weights[self.loss_types.index("sigmoid")]
            return loss + weight * ((1 - p) * self.beta * (chosen - rejected - before)).mean()

    return SoftTrainer
