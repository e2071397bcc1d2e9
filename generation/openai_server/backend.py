"""The backend for models served elsewhere: a /v1 chat-completions server, through the openai client."""

import os
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from datasets_registry.errors import BadInput, ModelFailed
from datasets_registry.hashing import digest
from datasets_registry.hosted import read_hosted
from generation.chat import choice_ids, keeps_outer_space
from generation.engine import EngineSettings
from generation.models.folder import fingerprint, has_weights
from generation.openai_server.asking import Asker
from generation.openai_server.batches import OpenAIBatches
from generation.openai_server.limit import LimitName
from generation.openai_server.protocol import Dialect
from generation.remote.answers import Identity
from generation.remote.calling import Caller
from generation.remote.concurrency import AdaptiveLimit
from generation.remote.keys import key_in
from generation.remote.refusals import Account
from generation.remote.retrying import Failure, Patience
from generation.remote.sessions import Sessions
from generation.remote.working import More, Pile, Put, answers, nothing_more
from generation.request import Completion, Request
from generation.templates.opening import open_tokenizer
from generation.tokenizer import Tokenizer
from generation.words import special_tokens

if TYPE_CHECKING:
    import openai


class OpenAIBackend:
    """A model behind ``engine.base_url``, which is the model of the local folder where it has weights.

    Its fingerprint is then the folder's, so that a change of backend redoes nothing; and so it is where the
    folder stands for a hosted model. Otherwise it is the digest of the served name, the declared revision and
    whatever tokenizer is in the folder.
    The server has the weights: what ``base`` is to the folder's does not matter here.
    """

    name = "openai"

    def __init__(
        self,
        folder: Path,
        settings: EngineSettings,
        base: Path | None = None,
        *,
        patience: Patience | None = None,
        jitter: random.Random | None = None,
    ) -> None:
        if settings.base_url is None:
            raise BadInput("the openai backend needs engine.base_url, such as http://127.0.0.1:8000/v1")
        self.folder, self.settings, self.server = folder, settings, settings.base_url
        self.fingerprint = _fingerprint(folder, settings)
        self._key = key_in(settings.api_key_env)
        self._patience = patience or Patience()
        # processes that share a server must not come back at the same moments
        self._jitter = jitter or random.Random(os.getpid())
        self._tokenizer: Tokenizer | None = None
        self._limit = LimitName()
        self._identity = Identity(read_hosted(folder))

    @property
    def stated(self) -> frozenset[str]:
        """The models that the answers so far state that they are of."""
        return self._identity.stated

    def complete(self, requests: Sequence[Request]) -> Iterator[tuple[int, Completion]]:
        """Yield completions as the server finishes them; closing this early cancels the rest."""
        return self.complete_fed(requests, nothing_more)

    def complete_fed(self, requests: Sequence[Request], more: More) -> Iterator[tuple[int, Completion]]:
        """The same, while ``more`` come."""
        if not requests:
            return
        self._load_tokenizer()
        ids = cache(self._choice_ids)
        for choices in {request.choices for request in requests}:
            ids(choices)
        yield from answers(partial(self._run, ids), requests, more)

    def batches(self) -> OpenAIBatches:
        """The server's batches, in which requests go where ``engine.batch_from`` says so."""
        self._load_tokenizer()
        return OpenAIBatches(
            Sessions(self.server, self._patience, self._client, self._caller),
            self.settings.served_model or "",
            self.settings.batch_from,
            asker=lambda session: self._asker(session.caller, session.client),
            choice_ids=self._choice_ids,
        )

    def close(self) -> None:
        """The model is the server's; forget the tokenizer."""
        self._tokenizer = None

    def _load_tokenizer(self) -> None:
        if self._tokenizer is None and (self.folder / "tokenizer_config.json").is_file():
            self._tokenizer = open_tokenizer(self.folder)

    async def _run(self, ids: Callable[[tuple[str, ...]], list[int]], pile: Pile, put: Put) -> None:
        async with self._client() as client:
            asker = await self._asker(self._caller(), client)

            async def work(index: int, request: Request) -> None:
                put((index, await asker.completion(index, request, ids(request.choices))))

            await pile.work_off(self.settings.max_concurrency, work)

    async def _asker(self, caller: Caller, client: "openai.AsyncOpenAI") -> Asker:
        dialect = await self._dialect(caller, client)
        return Asker(caller, client, dialect, self._templated(), self._identity, self._limit)

    def _choice_ids(self, choices: Sequence[str]) -> list[int]:
        return choice_ids(self._tokenizer, choices) if self._tokenizer and choices else []

    def _client(self, seconds: float | None = None) -> "openai.AsyncOpenAI":
        import openai

        seconds = seconds or self.settings.timeout_seconds
        return openai.AsyncOpenAI(
            base_url=self.server,
            api_key=self._key or "none",
            max_retries=0,
            timeout=openai.Timeout(seconds, connect=min(10.0, seconds)),
        )

    def _caller(self, seconds: float | None = None) -> Caller:
        from generation.openai_server.errors import Refusals

        settings = self.settings
        account = Account(self.server, settings.served_model or "", self._key, settings.api_key_env)
        return Caller(
            self.server,
            limit=AdaptiveLimit(settings.max_concurrency),
            patience=self._patience,
            timeout=seconds or settings.timeout_seconds,
            jitter=self._jitter,
            failure_of=Refusals(account).failure,
        )

    async def _dialect(self, caller: Caller, client: "openai.AsyncOpenAI") -> Dialect:
        from generation.openai_server.models import dialect, served_models

        served = await caller.call(-1, lambda: served_models(client))
        if isinstance(served, Failure):
            raise ModelFailed(f"the server at {self.server} did not say what it serves: {served.reason}")
        tokens = special_tokens(self._tokenizer) if self._tokenizer else []
        plain = dialect(served, self.server, self.settings.served_model, self.folder, tokens)
        templated = self._templated()
        trims = templated is not None and not keeps_outer_space(templated)
        return replace(plain, trims=trims)

    def _templated(self) -> Tokenizer | None:
        """The tokenizer, if it has a chat template."""
        return self._tokenizer if self._tokenizer and self._tokenizer.chat_template else None


def _fingerprint(folder: Path, settings: EngineSettings) -> str:
    if has_weights(folder) or read_hosted(folder):
        return fingerprint(folder)
    if settings.served_model is None:
        raise BadInput("a model without local weights needs engine.served_model, its name at the server")
    return digest(["served", settings.served_model, settings.served_revision, fingerprint(folder)])
