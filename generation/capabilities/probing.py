"""Probing a server: what it costs at most, the calls themselves, and the result beside the hosted model."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from datasets_registry.hosted import Hosted, provider, read_hosted
from generation.capabilities.capability import Capability, Name, Probe
from generation.capabilities.chat import MOST_CALLS, probe_chat
from generation.capabilities.server import MOST_TOKENS
from generation.capabilities.stored import store
from generation.engine import EngineSettings
from generation.openai_server.stating import stated_folder
from generation.spending import Estimate, Price

# a short question, the chat template around it and the one tool
_MOST_READ = 80
Found = tuple[dict[Name, Capability], int, int]


@dataclass(frozen=True)
class Kind:
    """How servers of one backend are probed.

    ``state`` gives the folder that stands for the model as the server states it, in one more call. ``ask``
    gives the capabilities, the calls made, and their tokens.
    """

    num_calls: int
    state: Callable[[Path, EngineSettings], Path]
    ask: Callable[[EngineSettings], Found]


KINDS: Mapping[str, Kind] = {"openai": Kind(MOST_CALLS, stated_folder, probe_chat)}


def most(backend: str, price: Price) -> Estimate:
    """What a probe takes at most where the server keeps to the limit; one call asks for two replies.

    The call that states the model is included.
    """
    num_calls = KINDS[backend].num_calls + 1
    read, written = num_calls * _MOST_READ, (num_calls + 1) * MOST_TOKENS
    return Estimate(read + written, price.usd(read, 0, written), None, bound=True)


def probe(models: Path, backend: str, settings: EngineSettings) -> Probe:
    """What the server does with the model that ``settings`` name, stored below ``models``.

    Raises BadInput where the server does not accept the key or knows no such model, and ModelFailed where it
    does not answer.
    """
    return probe_stated(models, KINDS[backend].state(models, settings), backend, settings)


def probe_stated(models: Path, folder: Path, backend: str, settings: EngineSettings) -> Probe:
    """The same for the hosted model of ``folder``, which the server has stated already."""
    capabilities, num_calls, num_tokens = KINDS[backend].ask(settings)
    address = settings.base_url or ""
    result = Probe(
        base_url=address,
        hosted=read_hosted(folder) or Hosted(provider=provider(address), model=settings.served_model or ""),
        at=datetime.now(UTC),
        num_calls=num_calls,
        num_tokens=num_tokens,
        capabilities=capabilities,
    )
    store(models, folder, result)
    return result
