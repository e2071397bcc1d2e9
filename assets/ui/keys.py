"""Names as Dagster's keys: ``round_02/completion_pairs`` is a key of two parts."""

import dagster as dg


def key_of(name: str) -> dg.AssetKey:
    """The asset key of a dataset or model."""
    return dg.AssetKey(name.split("/"))


def name_of(key: dg.AssetKey) -> str:
    """The dataset or model of an asset key."""
    return "/".join(key.path)
