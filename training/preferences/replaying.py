"""DPO beside an SFT loss: each pair brings replayed rows along."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol, TypeAlias

from training.data.pairs import PairExample
from training.data.supervised import TokenExample
from training.data.tokens import IGNORED
from training.running.protocols import MakeTrainer

if TYPE_CHECKING:
    import torch

# the column of a pair's replayed rows, and how the parts of a batch of them begin
REPLAY = "replay"
LOSS = "replay_loss"


class ReplayingPair(PairExample):
    """A pair, and the rows that are replayed with it."""

    replay: list[TokenExample]


Collate: TypeAlias = "Callable[[list[ReplayingPair]], Mapping[str, torch.Tensor]]"


class _Outputs(Protocol):
    """A forward pass of TRL's DPO: the log-probability of each token that is learned, 0 of others."""

    log_probs: "torch.Tensor"


def with_replay(pairs: Sequence[PairExample], replayed: Sequence[TokenExample]) -> list[ReplayingPair]:
    """The pairs with the replayed rows dealt out among them, each row to one pair.

    So what shuffles pairs, shares them among processes or resumes them does the same with the rows.
    """
    return [{**pair, "replay": list(replayed[place :: len(pairs)])} for place, pair in enumerate(pairs)]


def num_learned(examples: Sequence[TokenExample]) -> int:
    """The tokens that are learned."""
    return sum(label != IGNORED for made in examples for label in made["labels"])


def replaying(kind: MakeTrainer, weight: float, learned_per_pair: float) -> MakeTrainer:
    """The trainer ``kind`` of DPO for pairs with replayed rows.

    ``weight`` times the summed loss of a batch's replayed tokens, over its pairs times the
    ``learned_per_pair`` of the whole dataset, is added to its loss. So over an epoch that is the mean over
    tokens, however steps are cut into batches and shared by processes. The rows have a pass of their own.
    """
    import torch

    class Replaying(kind):  # type: ignore[misc, valid-type]
        def __init__(self, *arguments: object, **options: object) -> None:
            super().__init__(*arguments, **options)
            # after the pass of the reference, which reads no replayed row
            pairs: Collate = self.data_collator
            padding = int(self._tokenizer.pad_token_id)

            def collate(examples: list[ReplayingPair]) -> dict[str, torch.Tensor]:
                rows = [row for example in examples for row in example["replay"]]
                return {**pairs(examples), **_batch(rows, padding)}

            self.data_collator: Collate = collate

        def _set_signature_columns_if_needed(self) -> None:
            super()._set_signature_columns_if_needed()
            if REPLAY not in self._signature_columns:
                self._signature_columns.append(REPLAY)

        def _compute_loss(
            self, model: Callable[..., _Outputs], inputs: dict[str, torch.Tensor], return_outputs: bool
        ) -> torch.Tensor:
            rows = {
                name: inputs.pop(f"{REPLAY}_{name}") for name in ("input_ids", "attention_mask", "labels")
            }
            num_pairs = inputs["completion_mask"].size(0) // 2
            loss: torch.Tensor = super()._compute_loss(model, inputs, return_outputs)
            total = -model(**rows, use_cache=False, fused_lm_head=True).log_probs.sum()
            self._log_replay(total.detach(), (rows["labels"] != IGNORED).sum())
            return loss + weight * total / (num_pairs * learned_per_pair)

        def _log_replay(self, total: torch.Tensor, learned: torch.Tensor) -> None:
            """The mean loss of the replayed tokens of all processes, where there are any."""
            sums = self.accelerator.gather(torch.stack([total, learned.to(total.dtype)])[None]).sum(0)
            if sums[1]:
                self._metrics["train"][LOSS].append(float(sums[0] / sums[1]))

    return Replaying


def _batch(rows: Sequence[TokenExample], padding: int) -> "Mapping[str, torch.Tensor]":
    """The rows, padded on the right; without any, one of which nothing is learned.

    Where processes shard the weights, each has to make as many passes as the others.
    """
    import torch

    made = rows or [TokenExample(input_ids=[padding, padding], labels=[IGNORED, IGNORED])]
    longest = max(len(row["input_ids"]) for row in made)

    def padded(values: Sequence[Sequence[int]], filling: int) -> torch.Tensor:
        return torch.tensor([[*each, *[filling] * (longest - len(each))] for each in values])

    return {
        f"{REPLAY}_input_ids": padded([row["input_ids"] for row in made], padding),
        f"{REPLAY}_attention_mask": padded([[1] * len(row["input_ids"]) for row in made], 0),
        f"{REPLAY}_labels": padded([row["labels"] for row in made], IGNORED),
    }
