"""What a state holds, from Python: ``import trimtab``, then ``trimtab.open()``."""

from datasets_registry.errors import TrimtabError
from trimtab.reader import Reader, open

__all__ = ["Reader", "TrimtabError", "open"]
