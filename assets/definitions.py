"""The code location that ``dg dev`` loads: the graph of the chosen profile."""

import dagster as dg

from assets.graph import build_graph
from assets.profile.profile import load_profile
from datasets_registry.boundary import unforeseen
from datasets_registry.errors import TrimtabError
from datasets_registry.plain_text import plain_line


@dg.definitions
def defs() -> dg.Definitions:
    """Every asset and check of ``TRIMTAB_PROFILE``; where there is none, Dagster shows why in one line."""
    try:
        return build_graph(load_profile()).definitions
    except Exception as error:
        why = plain_line(str(error)) if isinstance(error, TrimtabError) else unforeseen(error)
        raise dg.DagsterInvalidDefinitionError(why) from None
