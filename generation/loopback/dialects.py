"""The dialects: which fields a server heeds, refuses or ignores, and what it makes of the last turn."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Field = Literal[
    "temperature",
    "top_p",
    "seed",
    "n",
    "stop",
    "max_tokens",
    "max_completion_tokens",
    "logprobs",
    "response_format",
    "thought",
    "echo",
]
_LIMITS: frozenset[Field] = frozenset({"max_tokens", "max_completion_tokens"})
_SAMPLING: frozenset[Field] = frozenset({"temperature", "top_p", "seed", "stop"})
_MAX_TOKENS = (
    "Unsupported parameter: 'max_tokens' is not supported with this model. "
    "Use 'max_completion_tokens' instead."
)
# what says nothing is refused nowhere
DEFAULTS: Mapping[str, float] = {"temperature": 1, "top_p": 1, "n": 1, "logprobs": False}
PREFILL = (
    "This model does not support assistant message prefill. The conversation must end with a user message."
)


@dataclass(frozen=True)
class Dialect:
    """How one kind of server takes chat completions.

    ``states`` is the model that its answers state; None where they repeat the name that was asked for.
    ``heeds`` are the fields that change something; all others that it takes, it ignores.
    ``refuses`` names fields that are refused, with the message, but for their value in ``DEFAULTS``.
    ``unknown``: what becomes of a field that the protocol does not know.
    ``unfinished``: whether a last turn of the assistant is refused, answered by a new turn, continued, or
    continued if ``continue_final_message`` asks for it.
    ``hidden_tokens`` of thought are billed with each reply and never shown.
    """

    name: str
    model: str
    states: str | None
    owner: str
    heeds: frozenset[Field]
    unknown: Literal["refused", "ignored"] = "ignored"
    unfinished: Literal["refused", "answered", "continued", "asked"] = "answered"
    refuses: Mapping[str, str] = field(default_factory=dict)
    hidden_tokens: int = 0
    checks_model: bool = True
    batches: bool = False


GPT4 = Dialect(
    "gpt-4",
    model="gpt-4.1-mini",
    states="gpt-4.1-mini-2025-04-14",
    owner="system",
    heeds=_LIMITS | _SAMPLING | {"n", "logprobs", "response_format"},
    unknown="refused",
    batches=True,
)
GPT5 = Dialect(
    "gpt-5",
    model="gpt-5-mini",
    states="gpt-5-mini-2025-08-07",
    owner="system",
    heeds=frozenset({"max_completion_tokens", "seed", "n", "response_format"}),
    unknown="refused",
    refuses={
        "max_tokens": _MAX_TOKENS,
        "temperature": "Unsupported value: 'temperature' does not support {value} with this model. "
        "Only the default (1) value is supported.",
        "top_p": "Unsupported parameter: 'top_p' is not supported with this model.",
        "stop": "Unsupported parameter: 'stop' is not supported with this model.",
        "logprobs": "Unsupported parameter: 'logprobs' is not supported with this model.",
        "top_logprobs": "Unsupported parameter: 'top_logprobs' is not supported with this model.",
    },
    hidden_tokens=8,
    batches=True,
)
# Anthropic's layer for OpenAI's clients; the same server speaks its Messages API
CLAUDE = Dialect(
    "claude",
    model="claude-opus-4-8",
    states="claude-opus-4-8",
    owner="anthropic",
    heeds=_LIMITS | {"stop"},
    unfinished="refused",
    refuses={"n": "n: must be 1"},
)
SILENT = Dialect(
    "silent", model="silent-1", states="silent-1", owner="silent", heeds=frozenset(), checks_model=False
)
VLLM = Dialect(
    "vllm",
    model="smol",
    states=None,
    owner="vllm",
    heeds=_LIMITS | _SAMPLING | {"n", "logprobs", "response_format", "thought", "echo"},
    unfinished="asked",
)
LLAMA_CPP = Dialect(
    "llama.cpp",
    model="smol.gguf",
    states="smol.gguf",
    owner="llamacpp",
    heeds=_LIMITS | _SAMPLING | {"n", "logprobs", "response_format", "thought"},
    unfinished="continued",
    checks_model=False,
)
DIALECTS = {dialect.name: dialect for dialect in (GPT4, GPT5, CLAUDE, SILENT, VLLM, LLAMA_CPP)}
