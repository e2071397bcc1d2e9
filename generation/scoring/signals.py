"""Scores of answers by a reward model for each signal, kept apart."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from datasets_registry.errors import BadInput
from datasets_registry.hashing import digest
from generation.scoring.combination import Score
from generation.scoring.ensembles import read_scale
from generation.scoring.outcomes import Answered, OutcomeScorer


class SignalScorer:
    """The reward models in ``folders``, by signal.

    ``bases`` are those of models that are stored as adapters, by the model's folder. Raises BadInput where
    there is no model, or where a model's manifest does not say how its held-out scores are spread.
    """

    def __init__(
        self,
        folders: Mapping[str, Path],
        *,
        bases: Mapping[Path, Path] | None = None,
        batch_size: int = 32,
    ) -> None:
        if not folders:
            raise BadInput("there is no reward model to score by: name one for each signal in rewards")
        self._scales = {signal: read_scale(folder) for signal, folder in folders.items()}
        self._scorers = {
            signal: OutcomeScorer(folder, (bases or {}).get(folder), batch_size=batch_size)
            for signal, folder in folders.items()
        }
        self.fingerprint = digest({signal: scorer.fingerprint for signal, scorer in self._scorers.items()})

    @property
    def signals(self) -> tuple[str, ...]:
        """What is measured."""
        return tuple(self._scorers)

    def each(self, answers: Sequence[Answered]) -> list[dict[str, Score] | None]:
        """Every signal's score of each answer; None beyond the window of any of the models."""
        columns = [scorer.scores(answers) for scorer in self._scorers.values()]
        return [self._by_signal(scores) for scores in zip(*columns, strict=True)]

    def _by_signal(self, scores: Sequence[float | None]) -> dict[str, Score] | None:
        known = {
            signal: score for signal, score in zip(self._scales, scores, strict=True) if score is not None
        }
        if len(known) < len(scores):
            return None
        return {signal: Score(self._scales[signal].standardized(raw), raw) for signal, raw in known.items()}

    def close(self) -> None:
        """Free the models' memory."""
        for scorer in self._scorers.values():
            scorer.close()
