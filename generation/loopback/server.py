"""A loopback server: one dialect on 127.0.0.1, scripted, with its limits, faults and batches."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count

from pydantic import JsonValue

from datasets_registry.hashing import digest
from generation.loopback.access import check_key, check_version
from generation.loopback.batches.anthropic import PATH, MessageBatches
from generation.loopback.batches.files import Files
from generation.loopback.batches.openai import OpenAIBatches
from generation.loopback.chat import chat
from generation.loopback.completions import Likelihood, completions, uniform
from generation.loopback.dialects import Dialect
from generation.loopback.limits import Faults, Limit, no_faults, spoiled, unpaid
from generation.loopback.messages import message
from generation.loopback.refusals import Protocol, Refused
from generation.loopback.script import Fields, Script, echo
from generation.loopback.wire import Answer, Call, WireServer

GENERATING = ("/v1/chat/completions", "/v1/completions", "/v1/messages")
_PROTOCOLS: Mapping[str, Protocol] = {"vllm": "vllm", "llamacpp": "llamacpp"}


@dataclass(frozen=True)
class Paid:
    """A request that was served, directly or in a batch: the digest of its body, and its tokens."""

    path: str
    body: str
    batch: bool
    num_prompt_tokens: int
    num_tokens: int


class LoopbackServer(WireServer):
    """Serves one dialect while entered.

    With a ``key`` others are refused. ``limit`` and ``faults`` meet the calls that generate, counted from 0.
    ``states`` may be set to another name, as when an alias moves; ``batches.course`` and
    ``message_batches.course`` say how batches go. ``paid`` is what was served.
    """

    def __init__(
        self,
        dialect: Dialect,
        script: Script = echo,
        *,
        key: str | None = None,
        limit: Limit | None = None,
        faults: Faults = no_faults,
        likelihood: Likelihood = uniform,
    ) -> None:
        super().__init__(self._answer)
        self.dialect, self.script, self.key = dialect, script, key
        self.limit, self.faults, self.states = limit, faults, dialect.states
        self.paid: list[Paid] = []
        self.files = Files()
        self.batches = OpenAIBatches(self.files, self._serve_batched)
        self.message_batches = MessageBatches(self._serve_batched, lambda: self.url)
        self._likelihood, self._numbers, self._noises = likelihood, count(), count(1)

    def __enter__(self) -> "LoopbackServer":
        super().__enter__()
        return self

    def _answer(self, call: Call) -> Answer:
        protocol = self._protocol(call.path)
        try:
            check_key(call, self.key, self.dialect, protocol)
            if protocol == "anthropic":
                check_version(call)
            return self._routed(call, protocol)
        except Refused as refused:
            return Answer(refused.body(protocol), refused.status, self._shown_limit(protocol))

    def _protocol(self, path: str) -> Protocol:
        if self.dialect.owner == "anthropic" and path.startswith("/v1/messages"):
            return "anthropic"
        return _PROTOCOLS.get(self.dialect.owner, "openai")

    def _routed(self, call: Call, protocol: Protocol) -> Answer:
        if call.path in GENERATING and call.method == "POST":
            return self._generated(call, protocol)
        if call.path.startswith("/v1/models") and call.method == "GET":
            return Answer(self._models())
        if self.dialect.batches and call.path.startswith("/v1/files"):
            return self.files.answer(call)
        if self.dialect.batches and call.path.startswith("/v1/batches"):
            return self.batches.answer(call)
        if protocol == "anthropic" and call.path.startswith(PATH):
            return self.message_batches.answer(call)
        raise Refused(404, f"Invalid URL ({call.method} {call.path})")

    def _generated(self, call: Call, protocol: Protocol) -> Answer:
        fault = self.faults(next(self._numbers))
        if (refusal := unpaid(fault)) is not None:
            return refusal
        if self.limit is not None and not self.limit.take():
            wait = {"retry-after": str(math.ceil(self.limit.reset))}
            refused = Refused(429, "Rate limit reached", None, "rate_limit_exceeded", "requests")
            return Answer(refused.body(protocol), 429, self._shown_limit(protocol) | wait)
        try:
            body = json.loads(call.sent)
        except ValueError as error:
            raise Refused(400, "We could not parse the JSON body of your request.") from error
        fields, seconds = self._served(call.path, body, batch=False)
        return spoiled(Answer(fields, headers=self._shown_limit(protocol), delay=seconds), fault)

    def _served(self, path: str, body: JsonValue, *, batch: bool) -> tuple[Fields, float]:
        """The answer's body and the seconds that it takes; raises Refused."""
        name = body.get("model") if isinstance(body, dict) else None
        if self.dialect.checks_model and name != self.dialect.model:
            raise self._unknown(name, path)
        seconds = 0.0
        if path == "/v1/completions":
            if self.dialect.owner not in _PROTOCOLS:
                raise Refused(404, "This is a chat model and not supported in the v1/completions endpoint.")
            fields = completions(body, self.dialect, self._likelihood)
        elif self._protocol(path) == "anthropic":
            fields, replied = message(body, self.script, self._noise)
            seconds = replied.said.seconds
        else:
            fields, replied = chat(body, self.dialect, self.script, self._noise)
            seconds = replied.said.seconds
        self._pay(path, body, fields, batch)
        stated = self.states or str(name)
        return {"id": f"{_ID[path]}{len(self.paid)}", "model": stated, **fields}, seconds

    def _noise(self) -> str:
        return f"r{next(self._noises)}"

    def _pay(self, path: str, body: JsonValue, fields: Fields, batch: bool) -> None:
        usage = fields["usage"]
        assert isinstance(usage, dict)
        read, written = (
            usage.get(new, usage.get(old))
            for new, old in (("prompt_tokens", "input_tokens"), ("completion_tokens", "output_tokens"))
        )
        assert isinstance(read, int) and isinstance(written, int)
        self.paid.append(Paid(path, digest(body), batch, read, written))

    def _serve_batched(self, path: str, body: JsonValue) -> tuple[int, Fields]:
        try:
            return 200, self._served(path, body, batch=True)[0]
        except Refused as refused:
            return refused.status, refused.body(self._protocol(path))

    def _unknown(self, name: JsonValue, path: str) -> Refused:
        if self._protocol(path) == "anthropic":
            return Refused(404, f"model: {name}")
        return Refused(
            404,
            f"The model `{name}` does not exist or you do not have access to it.",
            None,
            "model_not_found",
        )

    def _models(self) -> Fields:
        name = self.dialect.model
        if self.dialect.owner == "anthropic":
            entry: Fields = {
                "type": "model",
                "id": name,
                "display_name": name,
                "created_at": "2026-01-01T00:00:00Z",
                "lifecycle": "active",
            }
            return {"data": [entry], "has_more": False, "first_id": name, "last_id": name}
        served: Fields = {"id": name, "object": "model", "created": 0, "owned_by": self.dialect.owner}
        return {"object": "list", "data": [served]}

    def _shown_limit(self, protocol: Protocol) -> dict[str, str]:
        if self.limit is None or self.dialect.owner in _PROTOCOLS:
            return {}
        prefix = "anthropic-ratelimit-requests-{}" if protocol == "anthropic" else "x-ratelimit-{}-requests"
        figures = {
            "limit": str(self.limit.requests),
            "remaining": str(self.limit.left),
            "reset": f"{self.limit.reset:.3f}s",
        }
        return {prefix.format(name): figure for name, figure in figures.items()}


_ID = {"/v1/chat/completions": "chatcmpl-", "/v1/completions": "cmpl-", "/v1/messages": "msg_"}
