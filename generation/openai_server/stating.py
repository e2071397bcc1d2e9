"""The hosted model of a /v1 server, as its answers state it."""

from pathlib import Path

from generation.engine import EngineSettings, server_of
from generation.openai_server.backend import OpenAIBackend
from generation.remote import stating


def stated_folder(models: Path, settings: EngineSettings) -> Path:
    """The folder below ``models`` that stands for the model as its server states it today."""
    return stating.stated_folder(models, server_of("openai", settings), settings, OpenAIBackend)
