"""Rewards of samples by a reward model for each signal: every score stays beside the combined one."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Protocol

from generation.cards.turns import alone
from generation.scoring.combination import Combination, Score, reward
from methods.method import Models
from methods.rft.rewards import answered_by

if TYPE_CHECKING:
    import pyarrow as pa

    from generation.scoring.outcomes import Answered
    from generation.scoring.signals import SignalScorer


class Signals(Protocol):
    """A scorer of whole answers by several signals."""

    def each(self, answers: "Sequence[Answered]") -> list[dict[str, Score] | None]:
        """Every signal's score of each answer; None beyond the window of any of the models."""
        ...


def role_of(signal: str) -> str:
    """The role of the reward model that measures ``signal``."""
    return f"reward_{signal}"


@contextmanager
def opened_signals(models: Models, signals: Sequence[str]) -> "Iterator[SignalScorer]":
    """The reward models of ``signals``, alone on their card."""
    from generation.scoring.signals import SignalScorer

    scoring = {signal: models[role_of(signal)] for signal in signals}
    bases = {model.folder: model.base_folder for model in scoring.values() if model.base_folder}
    folders = {signal: model.folder for signal, model in scoring.items()}
    with alone("the reward models"), closing(SignalScorer(folders, bases=bases)) as scorer:
        yield scorer


def with_signals(samples: "pa.Table", signals: Signals, combination: Combination | None) -> "pa.Table":
    """The samples with every signal's score and the combined reward in place of the verifier's.

    A sample that failed, or that a model could not read, has neither.
    """
    finished = samples["accepted"].is_valid().to_pylist()
    answers = [answered for answered, whole in zip(answered_by(samples), finished, strict=True) if whole]
    read = iter(signals.each(answers) if answers else [])
    scores = [next(read) if whole else None for whole in finished]
    columns: dict[str, Sequence[object]] = {
        "reward": [reward(each, combination) if each else None for each in scores],
        "scores": [_stored(each or {}) for each in scores],
        "combination": [combination.rule if combination else None] * len(scores),
    }
    for name, values in columns.items():
        samples = _replaced(samples, name, values)
    return samples


def _stored(scores: Mapping[str, Score]) -> list[dict[str, object]]:
    """A sample's scores as a column holds them, in the order of the signals' names."""
    return [
        {"signal": signal, "score": scores[signal].standardized, "raw": scores[signal].raw}
        for signal in sorted(scores)
    ]


def _replaced(samples: "pa.Table", name: str, values: Sequence[object]) -> "pa.Table":
    import pyarrow as pa

    place = samples.schema.get_field_index(name)
    field = samples.schema.field(place)
    return samples.set_column(place, field, pa.array(values, field.type))
