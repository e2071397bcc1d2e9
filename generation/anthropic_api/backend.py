"""The backend for models of Anthropic's Messages API, through Anthropic's own client."""

import json
import os
import random
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from datasets_registry.errors import BadInput
from datasets_registry.hashing import digest
from datasets_registry.hosted import read_hosted
from generation.anthropic_api.batches import MessageBatches
from generation.anthropic_api.protocol import (
    Fields,
    Reply,
    body,
    completion,
    unservable,
    version_headers,
)
from generation.anthropic_api.turns import Unsendable
from generation.engine import EngineSettings, server_of
from generation.models.folder import fingerprint
from generation.remote.answers import Identity, failed
from generation.remote.calling import Caller
from generation.remote.concurrency import AdaptiveLimit
from generation.remote.keys import key_in
from generation.remote.refusals import Account
from generation.remote.retrying import Failure, Patience
from generation.remote.sessions import Sessions
from generation.remote.working import More, Pile, Put, answers, nothing_more
from generation.request import Completion, Request

if TYPE_CHECKING:
    import anthropic

INSTALL = "`pip install -c constraints.txt -e '.[anthropic]'`"


class AnthropicBackend:
    """The model ``engine.served_model`` of Anthropic, or of a server that speaks as its API does.

    Its fingerprint is that of the folder that stands for a hosted model; elsewhere the digest of the served
    name and the declared revision.
    """

    name = "anthropic"

    def __init__(
        self,
        folder: Path,
        settings: EngineSettings,
        base: Path | None = None,
        *,
        patience: Patience | None = None,
        jitter: random.Random | None = None,
    ) -> None:
        require_client()
        if settings.served_model is None:
            raise BadInput("the anthropic backend needs engine.served_model, such as claude-sonnet-5-5")
        if settings.api_key_env is None:
            raise BadInput("the anthropic backend needs engine.api_key_env, such as ANTHROPIC_API_KEY")
        self.settings, self.model = settings, settings.served_model
        self.server = server_of("anthropic", settings)
        self._hosted = read_hosted(folder)
        served = ["anthropic", self.model, settings.served_revision]
        self.fingerprint = fingerprint(folder) if self._hosted else digest(served)
        self._key = key_in(settings.api_key_env)
        self._patience = patience or Patience()
        # processes that share a server must not come back at the same moments
        self._jitter = jitter or random.Random(os.getpid())
        self._identity = Identity(self._hosted)

    @property
    def stated(self) -> frozenset[str]:
        """The models that the answers so far state that they are of."""
        return self._identity.stated

    def complete(self, requests: Sequence[Request]) -> Iterator[tuple[int, Completion]]:
        """Yield completions as the server finishes them; closing this early cancels the rest."""
        return self.complete_fed(requests, nothing_more)

    def complete_fed(self, requests: Sequence[Request], more: More) -> Iterator[tuple[int, Completion]]:
        """The same, while ``more`` come."""
        if requests:
            yield from answers(self._run, requests, more)

    def batches(self) -> MessageBatches:
        """The server's batches, in which requests go where ``engine.batch_from`` says so."""
        return MessageBatches(
            Sessions(self.server, self._patience, self._client, self._caller),
            self.model,
            self.settings.batch_from,
            body=self._fields,
            read=self._read,
        )

    def close(self) -> None:
        """The model is the server's; there is nothing to free."""

    async def _run(self, pile: Pile, put: Put) -> None:
        async with self._client() as client:
            caller = self._caller()

            async def work(index: int, request: Request) -> None:
                put((index, await self._completion(caller, client, index, request)))

            await pile.work_off(self.settings.max_concurrency, work)

    async def _completion(
        self, caller: Caller, client: "anthropic.AsyncAnthropic", index: int, request: Request
    ) -> Completion:
        fields = self._fields(request)
        if isinstance(fields, Completion):
            return fields
        reply = await caller.call(index, lambda: _posted(client, fields))
        if isinstance(reply, Failure):
            return failed(reply.reason)
        return self._read(reply)

    def _fields(self, request: Request) -> Fields | Completion:
        """What is posted for a request; a failed row where it has no place in the API."""
        if reason := unservable(request):
            return failed(reason)
        try:
            return body(request, self.model, self._hosted.thinking if self._hosted else None)
        except Unsendable as error:
            return failed(str(error))

    def _read(self, reply: Reply) -> Completion:
        """The completion that a reply is; a failed row where it is of another model than this one."""
        if reason := self._identity.refusal(reply.model):
            return failed(reason, reply.counts)
        return completion(reply)

    def _client(self, seconds: float | None = None) -> "anthropic.AsyncAnthropic":
        import anthropic

        seconds = seconds or self.settings.timeout_seconds
        return anthropic.AsyncAnthropic(
            base_url=self.server,
            api_key=self._key,
            max_retries=0,
            timeout=anthropic.Timeout(seconds, connect=min(10.0, seconds)),
            open_telemetry=False,
        )

    def _caller(self, seconds: float | None = None) -> Caller:
        from generation.anthropic_api.errors import Refusals

        account = Account(self.server, self.model, self._key, self.settings.api_key_env)
        return Caller(
            self.server,
            limit=AdaptiveLimit(self.settings.max_concurrency),
            patience=self._patience,
            timeout=seconds or self.settings.timeout_seconds,
            jitter=self._jitter,
            failure_of=Refusals(account).failure,
        )


async def _posted(client: "anthropic.AsyncAnthropic", fields: Fields) -> Reply:
    # what the client knows by name must be given, and gives way to the body
    raw = await client.messages.with_raw_response.create(
        model="",
        max_tokens=1,
        messages=[],
        extra_body=fields,
        extra_headers=version_headers([fields]),
    )
    return Reply.model_validate(json.loads(await raw.text()))


def require_client() -> None:
    """Raise BadInput where Anthropic's client is not installed."""
    if find_spec("anthropic") is None:
        raise BadInput(
            f"the anthropic backend asks through Anthropic's client, which is not installed: {INSTALL}"
        )
