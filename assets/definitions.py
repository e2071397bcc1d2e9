"""The code location that ``dg dev`` loads: the graph of the chosen profile."""

import dagster as dg

from assets.graph import build_graph
from assets.profile.profile import load_profile


@dg.definitions
def defs() -> dg.Definitions:
    """Every asset and check of ``TRIMTAB_PROFILE``."""
    return build_graph(load_profile()).definitions
