"""Rows that a trained model replays: the dataset and its share of tokens go together."""

from training.settings.learning import TrainingSettings

_ROLE = "replay"


def require_replay(place: str, replayed: str | None, training: TrainingSettings) -> None:
    """Raise ValueError at ``place`` where one of the dataset and its share is missing, or none is taken."""
    weight = training.input_weights.get(_ROLE)
    if weight is None:
        if replayed:
            raise ValueError(f"{place}.replayed: its trainer does not replay rows: leave it out")
        return
    if replayed and not weight.value:
        raise ValueError(
            f"{place}.replayed names {replayed!r}, and training.{weight.setting} is 0: set the share of "
            "tokens that is replayed, or leave replayed out"
        )
    if weight.value and not replayed:
        raise ValueError(
            f"{place}.training.{weight.setting} is {weight.value:g}, and nothing says what is replayed: name "
            "a dataset in replayed, or leave the share out"
        )
