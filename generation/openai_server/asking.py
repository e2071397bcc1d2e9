"""One request at one server: refused where the server could not read all of it, else sent and awaited."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from generation.openai_server.likelihood import NO_COMPLETIONS, NO_TOKENIZER, Echo, echo_body, likelihood
from generation.openai_server.limit import LimitName
from generation.openai_server.protocol import Dialect, Fields, Reply, body, completion, counts
from generation.prompts import PromptReader
from generation.remote.answers import Identity, failed
from generation.remote.calling import Caller
from generation.remote.retrying import Failure
from generation.request import Completion, Request
from generation.tokenizer import Tokenizer

if TYPE_CHECKING:
    import openai


class Asker:
    """Asks one server; ``tokenizer`` is the model's own with its chat template, where it is at hand.

    ``identity`` notes the models that answers state that they are of.
    """

    def __init__(
        self,
        caller: Caller,
        client: "openai.AsyncOpenAI",
        dialect: Dialect,
        tokenizer: Tokenizer | None,
        identity: Identity,
        limit: LimitName,
    ) -> None:
        self._caller, self._client, self._dialect, self._tokenizer = caller, client, dialect, tokenizer
        self._identity, self._limit = identity, limit
        self._reader = PromptReader(tokenizer, most=256) if tokenizer else None

    async def completion(self, index: int, request: Request, choice_ids: Sequence[int]) -> Completion:
        """The server's answer to the request with this index, or the reason why there is none."""
        if request.continuation is not None:
            return await self._likelihood(index, request)
        fields = self.fields(request, choice_ids)
        if isinstance(fields, Completion):
            return fields

        async def ask() -> Reply | Failure:
            reply = await self._limit.posted(fields, self._post)
            return reply if reply.choices else Failure("unusable", "the server's answer has no choices")

        reply = await self._caller.call(index, ask)
        if isinstance(reply, Failure):
            return failed(reply.reason)
        return self.read(reply, request, choice_ids)

    def fields(self, request: Request, choice_ids: Sequence[int]) -> Fields | Completion:
        """What is posted for a request; a failed row where the server could not read all of it."""
        reason = self._unreadable(request)
        return (
            self._limit.named(body(request, self._dialect, choice_ids)) if reason is None else failed(reason)
        )

    def read(self, reply: Reply, request: Request, choice_ids: Sequence[int]) -> Completion:
        """The completion that a reply is; a failed row where it is of another model than this one."""
        if reason := self._identity.refusal(reply.model):
            return failed(reason, counts(reply.usage))
        return completion(reply, request, choice_ids)

    async def _post(self, fields: Fields) -> Reply:
        # what the client knows by name must be given, and gives way to the body
        raw = await self._client.chat.completions.with_raw_response.create(
            model=self._dialect.model, messages=[], extra_body=fields
        )
        return Reply.model_validate(json.loads(raw.text))

    async def _likelihood(self, index: int, request: Request) -> Completion:
        prompt = failed(NO_TOKENIZER) if self._reader is None else self._reader.read(request)
        if isinstance(prompt, Completion):
            return prompt
        fields = echo_body(prompt, self._dialect)

        async def ask() -> Echo | Failure:
            import openai

            try:
                raw = await self._client.completions.with_raw_response.create(
                    model=self._dialect.model, prompt="", extra_body=fields
                )
            except openai.APIStatusError as error:
                if error.status_code in (404, 405, 501):
                    return Failure("row", NO_COMPLETIONS)
                raise
            return Echo.model_validate(json.loads(raw.text))

        reply = await self._caller.call(index, ask)
        if isinstance(reply, Failure):
            return failed(reply.reason)
        return prompt.answered(likelihood(reply, prompt))

    def _unreadable(self, request: Request) -> str | None:
        """Why the server's model would not read all of the request; None if it would."""
        last = request.messages[-1].content
        if request.continues and not self._dialect.vllm:
            return "only a vLLM server is known to continue an unfinished assistant turn"
        if request.continues and self._dialect.trims and last != last.strip():
            return "the server's chat template would cut the white space at an end of the unfinished turn"
        if any(message.reasoning for message in request.messages) and not (
            self._dialect.vllm and self._tokenizer
        ):
            return (
                "only a vLLM server, with the model's tokenizer at hand, is known to read the reasoning of "
                "earlier turns: remove it from the request"
            )
        # a server opens an unfinished turn by itself, which must be how it opens a drawn one
        return self._reader.refusal(request) if self._reader else None
