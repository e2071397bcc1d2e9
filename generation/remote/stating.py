"""The model that a server's answers state that they are of, asked in one short call."""

from pathlib import Path
from typing import Protocol

from datasets_registry.errors import ModelFailed
from datasets_registry.hosted import Hosted, hosted_folder, provider
from generation.engine import EngineSettings
from generation.request import Backend, Message, Request, SamplingParams

_HELLO = Request(messages=(Message(role="user", content="Say hello."),), params=SamplingParams(max_tokens=16))


class Stating(Backend, Protocol):
    """A backend whose server's answers state which model they are of."""

    server: str

    @property
    def stated(self) -> frozenset[str]:
        """The models that the answers so far state that they are of."""
        ...


class OpenStating(Protocol):
    """Makes such a backend of a folder, which stands for a hosted model."""

    def __call__(self, folder: Path, settings: EngineSettings) -> Stating:
        """The backend; nothing is asked yet."""


def stated_folder(
    models: Path,
    server: str,
    settings: EngineSettings,
    open_stating: OpenStating,
    thinking: bool | None = None,
) -> Path:
    """The folder below ``models`` that stands for the hosted model as its server states it today.

    Raises BadInput where the server does not accept the key or knows no such model, and ModelFailed where it
    does not answer.
    """
    hosted = Hosted(
        provider=provider(server),
        model=settings.served_model or "",
        revision=settings.served_revision,
        thinking=thinking,
    )
    backend = open_stating(hosted_folder(models, hosted), settings)
    ((_, completion),) = backend.complete([_HELLO])
    if not backend.stated and completion.error is not None:
        raise ModelFailed(f"the server at {server} did not answer: {completion.error}")
    stated = next(iter(backend.stated), None)
    return hosted_folder(models, hosted.model_copy(update={"stated": stated}))
