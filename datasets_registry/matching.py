"""Which columns tie a dataset's rows to those of its inputs."""

from datasets_registry.row import Row


def shared_columns(row: type[Row], other: type[Row]) -> list[str]:
    """The columns by which a row finds the rows of an input that it was made from.

    These are columns of its own key that the input has too (``pair_id``); where the input's key has
    none of them, also columns of that key which the row has (``prompt_id``).
    """
    own = [one for one in row.key if one in other.model_fields]
    theirs = [one for one in other.key if one in row.model_fields and one not in own]
    return own if set(own) & set(other.key) else own + theirs
