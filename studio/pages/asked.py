"""What a request asks for: the registry of now, a version, and the words of its query."""

from starlette.requests import Request

from datasets_registry.errors import BadInput
from datasets_registry.registry import Registry
from datasets_registry.version import Version
from studio.opened import Opened

LONGEST = 2_000


def registry_of(request: Request) -> Registry:
    """The registry as it is now."""
    opened: Opened = request.app.state.opened
    return opened.now()


def version_of(request: Request, registry: Registry) -> Version:
    """The version that the address names; raises as ``Registry.resolve`` does."""
    return registry.resolve(request.path_params["reference"])


def most_rows(request: Request) -> int | None:
    """How many rows a page that is made to be kept has; None for one that leads on to the next."""
    most: int | None = request.app.state.most_rows
    return most


def words_of(request: Request) -> dict[str, str]:
    """The query's words, without empty ones; raises BadInput for one that is too long."""
    words = {name: value.strip() for name, value in request.query_params.items() if value.strip()}
    long = next((name for name, value in words.items() if len(value) > LONGEST), None)
    if long is not None:
        raise BadInput(f"{long} has {len(words[long]):,} characters, and may have {LONGEST:,}: ask for less")
    return words
