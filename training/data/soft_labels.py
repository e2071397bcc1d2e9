"""The judge's confidence in labels: margins of reward models, and DPO's exact loss for soft targets."""

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import exp, log
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from datasets_registry.rows.rlaif import PreferencePair
from datasets_registry.rows.words import TIE_LOGIT, Signal
from methods.judging.preference import logit
from training.data.pairs import PairExample
from training.data.rows import PairRow
from training.data.trl_rows import on_tokens
from training.running import ranks
from training.running.protocols import MakeTrainer

if TYPE_CHECKING:
    import torch
    from datasets import Dataset

P = "p_chosen"
MAX_MARGIN = 3.0


class _Outputs(Protocol):
    """A forward pass of TRL's DPO: of each token its log-probability, the chosen completions first."""

    log_probs: "torch.Tensor"


def by_signal(pairs: Iterable[PairRow], signal: Signal) -> list[PairRow]:
    """The pairs that the signal decides, with its label and probability in place of all signals'.

    ``pairs`` are labelled, since others name no completions. A signal's own probability is a mean over
    both orders, and does not tell whether they agree: left out are pairs on which it is null, or so
    close to one half that it would be a tie.
    """
    probabilities = [(pair, _probability(pair, signal)) for pair in pairs]
    return [_relabelled(pair, p) for pair, p in probabilities if p is not None and abs(logit(p)) > TIE_LOGIT]


def signal_column(signal: Signal) -> str:
    """The column with a signal's probability: one of its own, or the list of all signals'."""
    own = f"p_{signal}"
    return own if own in PreferencePair.model_fields else "p_signals"


def _probability(pair: PairRow, signal: Signal) -> float | None:
    column = signal_column(signal)
    if column != "p_signals":
        return cast(Mapping[str, float | None], pair)[column]
    return next((share["p_a"] for share in pair["p_signals"] if share["signal"] == signal), None)


def _relabelled(pair: PairRow, p: float) -> PairRow:
    label = "a" if p > 0.5 else "b"
    better, worse = pair["chosen"], pair["rejected"]
    if label != pair["label"]:
        better, worse = worse, better
    return {**pair, "label": label, "p_a": p, "chosen": better, "rejected": worse}


def confidence(pair: PairRow) -> float:
    """P(chosen is better), by a labelled pair's mean over both orders."""
    p_a = float(pair["p_a"])
    return p_a if pair["label"] == "a" else 1 - p_a


def margin(pair: PairRow) -> float:
    """The log-odds that the chosen one is better, from 0 to MAX_MARGIN."""
    p = min(confidence(pair), 1 / (1 + exp(-MAX_MARGIN)))
    return log(p / (1 - p)) if p > 0.5 else 0.0


def shared_dataset(examples: Sequence[PairExample], folder: Path) -> "Dataset":
    """The examples as a dataset that all processes read from ``folder``, where the first one writes it.

    TRL keeps the reference's log-probabilities beside a dataset's file; without one, each process would look
    for them in a folder of its own.
    """
    from datasets import Dataset

    if ranks.is_first():
        shutil.rmtree(folder, ignore_errors=True)
        Dataset.from_list(list(examples)).save_to_disk(folder)
    ranks.wait_for_all()
    return Dataset.load_from_disk(str(folder))


def soft_trainer() -> MakeTrainer:
    """A DPOTrainer for rows with the column ``p_chosen``; the reference's log-probabilities come first.

    With z = beta · (log-ratio of chosen less that of rejected) the target loss is
    -p log s(z) - (1 - p) log s(-z), which is TRL's -log s(z), plus (1 - p) z.
    """
    import torch
    from trl.trainer.dpo_trainer import DataCollatorForPreference

    class Collator(DataCollatorForPreference):  # type: ignore[misc]
        def torch_call(self, examples: list[dict[str, object]]) -> dict[str, torch.Tensor]:
            batch: dict[str, torch.Tensor] = super().torch_call(examples)
            return batch | {P: torch.tensor([example[P] for example in examples])}

    class SoftTrainer(on_tokens("DPOTrainer")):  # type: ignore[misc]
        def __init__(self, *arguments: object, **options: object) -> None:
            super().__init__(*arguments, **options)
            # after the pass of the reference, which does not read it
            self.data_collator: Collator = Collator(**vars(self.data_collator))

        def _set_signature_columns_if_needed(self) -> None:
            super()._set_signature_columns_if_needed()
            if P not in self._signature_columns:
                self._signature_columns.append(P)

        def _compute_loss(
            self, model: Callable[..., _Outputs], inputs: dict[str, torch.Tensor], return_outputs: bool
        ) -> torch.Tensor:
            p = inputs.pop(P)
            outputs: list[_Outputs] = []

            def recorded(**batch: torch.Tensor) -> _Outputs:
                outputs.append(model(**batch))
                return outputs[-1]

            # with return_outputs TRL would compute them once more
            loss: torch.Tensor = super()._compute_loss(recorded, inputs, False)
            length = inputs["completion_mask"].size(1) - 1
            chosen, rejected = outputs[0].log_probs[:, -length:].sum(1).chunk(2)
            reference = inputs["ref_chosen_logps"] - inputs["ref_rejected_logps"]
            weight: float = self.loss_weights[self.loss_types.index("sigmoid")]
            beta: float = self.beta
            return loss + weight * ((1 - p) * beta * (chosen - rejected - reference)).mean()

    return SoftTrainer
