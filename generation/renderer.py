"""What makes tokens of messages here: equal renderers make equal tokens, by one model's files."""

from functools import cache
from importlib.metadata import version

from datasets_registry.hashing import digest, file_digest
from datasets_registry.state import REPOSITORY

_LIBRARIES = ("transformers", "tokenizers", "jinja2")
CODE = (
    "datasets_registry/rows/conversation.py",
    "generation/chat.py",
    "generation/prompts.py",
    "generation/spelling.py",
    "generation/templates/thoughts.py",
    "generation/words.py",
    "generation/turns.py",
)


@cache
def renderer() -> str:
    """The hash of the code and the libraries that render a prompt."""
    libraries = [[library, version(library)] for library in _LIBRARIES]
    return digest([libraries, [file_digest(REPOSITORY / name) for name in CODE]])[:8]
