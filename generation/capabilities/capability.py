"""A server's capabilities: each with a verdict and what was seen, and the probe that found them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, get_args

from datasets_registry.hosted import Hosted
from datasets_registry.plain_text import plain_line
from datasets_registry.settings import Settings

MOST_SEEN = 200
Verdict = Literal["served", "ignored", "refused", "unknown"]
Name = Literal[
    "max_tokens",
    "temperature",
    "seed",
    "n",
    "top_p",
    "stop",
    "logprobs",
    "continuation",
    "schema",
    "tools",
    "thought",
    "batch",
]
_VERBS: Mapping[str, Verdict] = {
    "serves": "served",
    "ignores": "ignored",
    "refuses": "refused",
    "leaves open": "unknown",
}
NAMES: tuple[Name, ...] = get_args(Name)


class Capability(Settings):
    """Whether a server does what is asked: ``seen`` is what it answered, or its own words."""

    verdict: Verdict
    seen: str


class Probe(Settings):
    """What a server was seen to do with one model on a day, and what finding out cost, in tokens."""

    address: str
    hosted: Hosted
    at: datetime
    num_calls: int
    num_tokens: int
    capabilities: Mapping[Name, Capability]

    def names(self, verdict: Verdict) -> list[Name]:
        """The capabilities with this verdict."""
        return [name for name, capability in self.capabilities.items() if capability.verdict == verdict]

    @property
    def summary(self) -> str:
        """For example ``serves n, stop; ignores schema; refuses logprobs``."""
        named = {verb: self.names(verdict) for verb, verdict in _VERBS.items()}
        return "; ".join(f"{verb} {', '.join(names)}" for verb, names in named.items() if names)

    def lacks(self, name: Name) -> bool:
        """Whether the server was seen to refuse or to ignore it; what is unknown is not lacking."""
        capability = self.capabilities.get(name)
        return capability is not None and capability.verdict in ("ignored", "refused")


def seen(verdict: Verdict, words: str) -> Capability:
    """The capability with what was seen on one line."""
    return Capability(verdict=verdict, seen=plain_line(words, MOST_SEEN))
