"""Probing a server: what it costs at most, the calls themselves, and the result beside the hosted model."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from datasets_registry.hosted import Hosted, provider, read_hosted
from generation.anthropic_api.backend import AnthropicBackend
from generation.capabilities.anthropic_calls import AnthropicServer
from generation.capabilities.capability import Probe
from generation.capabilities.chat import MOST_CALLS, probe_server
from generation.capabilities.openai_calls import OpenAIServer
from generation.capabilities.server import MOST_TOKENS, Server
from generation.capabilities.stored import store
from generation.engine import EngineSettings, server_of
from generation.openai_server.backend import OpenAIBackend
from generation.remote.stating import OpenStating, stated_folder
from generation.spending import Estimate, Price

# a call more states the model
NUM_CALLS = MOST_CALLS + 1
# a short question, the chat template around it and the one tool
_MOST_READ = 80


@dataclass(frozen=True)
class Kind:
    """How servers of one backend are asked: by the backend which model it is, and what a probe asks."""

    open_backend: OpenStating
    open_server: Callable[[EngineSettings], Server]


KINDS: Mapping[str, Kind] = {
    "anthropic": Kind(AnthropicBackend, AnthropicServer),
    "openai": Kind(OpenAIBackend, OpenAIServer),
}


def most(price: Price) -> Estimate:
    """What a probe takes at most where the server keeps to the limit; one call asks for two replies.

    The call that states the model is included.
    """
    read, written = NUM_CALLS * _MOST_READ, (NUM_CALLS + 1) * MOST_TOKENS
    return Estimate(read + written, price.usd(read, 0, written), None, bound=True)


def probe(models: Path, backend: str, settings: EngineSettings, thinking: bool | None = None) -> Probe:
    """What the server does with the model that ``settings`` name, stored below ``models``.

    Raises BadInput where the server does not accept the key or knows no such model, and ModelFailed where it
    does not answer.
    """
    address = server_of(backend, settings)
    folder = stated_folder(models, address, settings, KINDS[backend].open_backend, thinking)
    return probe_stated(models, folder, backend, settings)


def probe_stated(models: Path, folder: Path, backend: str, settings: EngineSettings) -> Probe:
    """The same for the hosted model of ``folder``, which the server has stated already."""
    address = server_of(backend, settings)
    capabilities, num_calls, num_tokens = probe_server(KINDS[backend].open_server, settings)
    result = Probe(
        address=address,
        hosted=read_hosted(folder) or Hosted(provider=provider(address), model=settings.served_model or ""),
        at=datetime.now(UTC),
        num_calls=num_calls,
        num_tokens=num_tokens,
        capabilities=capabilities,
    )
    store(models, folder, result)
    return result
