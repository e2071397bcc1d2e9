"""The model that a server's answers state that they are of, asked in one short call."""

from pathlib import Path

from datasets_registry.errors import ModelFailed
from datasets_registry.hosted import Hosted, hosted_folder, provider
from generation.engine import EngineSettings
from generation.openai_server.backend import OpenAIBackend
from generation.request import Message, Request, SamplingParams

_HELLO = Request(messages=(Message(role="user", content="Say hello."),), params=SamplingParams(max_tokens=16))


def stated_folder(models: Path, settings: EngineSettings) -> Path:
    """The folder below ``models`` that stands for the hosted model as its server states it today.

    Raises BadInput where the server does not accept the key or knows no such model, and ModelFailed where it
    does not answer.
    """
    hosted = Hosted(
        provider=provider(settings.base_url or ""),
        model=settings.served_model or "",
        revision=settings.served_revision,
    )
    backend = OpenAIBackend(hosted_folder(models, hosted), settings)
    ((_, completion),) = backend.complete([_HELLO])
    if not backend.stated and completion.error is not None:
        raise ModelFailed(f"the server at {settings.base_url} did not answer: {completion.error}")
    stated = next(iter(backend.stated), None)
    return hosted_folder(models, hosted.model_copy(update={"stated": stated}))
