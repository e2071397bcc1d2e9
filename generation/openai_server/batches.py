"""OpenAI's batch interface: a file of requests in, a file of answers and one of errors out."""

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, JsonValue, ValidationError

from datasets_registry.plain_text import plain_line
from generation.batches.provider import Answer, Standing, Unanswered
from generation.batches.records import Record
from generation.openai_server.asking import Asker
from generation.openai_server.protocol import Reply
from generation.remote.answers import MOST_OF_A_REASON, Lenient
from generation.remote.refusals import field
from generation.remote.sessions import Session, Sessions
from generation.request import Completion, Request

if TYPE_CHECKING:
    import openai

ENDPOINT: Literal["/v1/chat/completions"] = "/v1/chat/completions"
TAG = "trimtab"
ENDED = ("completed", "failed", "expired", "cancelled")


Opened = Session["openai.AsyncOpenAI"]


class _Counts(BaseModel):
    completed: Lenient[int] = None
    failed: Lenient[int] = None


class _Error(BaseModel):
    code: JsonValue = None
    message: JsonValue = None

    @property
    def said(self) -> str:
        """Why, in the provider's words, on one line."""
        return plain_line(str(self.message or self.code), MOST_OF_A_REASON)


class _Errors(BaseModel):
    data: Lenient[list[_Error]] = None


class _Named(BaseModel):
    id: str


class _Batch(_Named):
    status: str
    request_counts: Lenient[_Counts] = None
    errors: Lenient[_Errors] = None
    output_file_id: str | None = None
    error_file_id: str | None = None


class _Response(BaseModel):
    status_code: int
    body: JsonValue = None


class _Line(BaseModel):
    custom_id: str
    response: Lenient[_Response] = None
    error: Lenient[_Error] = None

    @property
    def reason(self) -> str:
        """Why there is no answer."""
        if self.error is not None:
            return self.error.said
        if self.response is None:
            return "the batch's line has no answer"
        said = field(self.response.body, "message")
        return plain_line(f"HTTP {self.response.status_code}: {said}", MOST_OF_A_REASON)


class OpenAIBatches:
    """The batches of ``model`` at a server, as ``generation.batches.provider.Provider``."""

    most_requests, most_bytes = 50_000, 200_000_000

    def __init__(
        self,
        sessions: "Sessions[openai.AsyncOpenAI]",
        model: str,
        least: int | None,
        *,
        asker: Callable[[Opened], Awaitable[Asker]],
        choice_ids: Callable[[tuple[str, ...]], list[int]],
    ) -> None:
        self.server, self.model, self.least, self.pause = sessions.server, model, least, sessions.pause
        self._sessions, self._asker, self._choice_ids = sessions, asker, cache(choice_ids)

    def takes(self, request: Request) -> bool:
        """A likelihood is asked for elsewhere than in a chat, where no provider has batches."""
        return request.continuation is None

    def require(self) -> None:
        """Raise BadInput where the server has no list of batches."""

        async def listed(session: Opened) -> None:
            await session.called("the list of batches", lambda: session.client.batches.list(limit=1))

        self._sessions.offered(listed)

    def lines(self, requests: Mapping[str, Request]) -> Iterator[tuple[str, bytes | None]]:
        """Each request as a line of a batch's file; None for one that the server could not read."""
        choices = {request.choices for request in requests.values()}
        ids = {labels: self._choice_ids(labels) for labels in choices}
        asker = self._sessions.within(self._asker)
        for key, request in requests.items():
            fields = asker.fields(request, ids[request.choices])
            if isinstance(fields, Completion):
                yield key, None
            else:
                line = {"custom_id": key, "method": "POST", "url": ENDPOINT, "body": fields}
                yield key, json.dumps(line).encode() + b"\n"

    def submit(self, record: Record, lines: Sequence[bytes]) -> str:
        """Upload the lines and make a batch of them; made again only after a look whether it is there."""

        async def submitted(session: Opened) -> str:
            file = await session.called("the batch's file", lambda: _uploaded(session, lines))
            attempts = 0

            async def create() -> str:
                nonlocal attempts
                attempts += 1
                there = await _found(session, record) if attempts > 1 else None
                return there or await _created(session, record, file)

            return await session.called("the batch", create)

        return self._sessions.offered(submitted)

    def find(self, record: Record) -> str | None:
        """The batch that carries the record's tag, looked for among all of the account."""

        async def found(session: Opened) -> str | None:
            return await session.called("the list of batches", lambda: _found(session, record))

        return self._sessions.offered(found)

    def standing(self, batch: str) -> Standing:
        """How the batch stands."""
        state = self._sessions.within(lambda session: _retrieved(session, batch))
        counts = state.request_counts or _Counts()
        done = (counts.completed or 0) + (counts.failed or 0)
        errors = (state.errors and state.errors.data) or []
        return Standing(done, state.status in ENDED, state.status, errors[0].said if errors else None)

    def answers(self, batch: str, requests: Mapping[str, Request]) -> Iterator[tuple[str, Answer]]:
        """What the files of the batch's answers and errors have, line by line."""

        async def written(session: Opened) -> tuple[Asker, list[str]]:
            state = await _retrieved(session, batch)
            files = [file for file in (state.output_file_id, state.error_file_id) if file]
            return await self._asker(session), [await _content(session, file) for file in files]

        asker, texts = self._sessions.within(written)
        for line in (line for text in texts for line in text.split("\n") if line.strip()):
            yield self._read(line, asker, requests)

    def _read(self, text: str, asker: Asker, requests: Mapping[str, Request]) -> tuple[str, Answer]:
        try:
            line = _Line.model_validate_json(text)
        except ValidationError:
            return "", Unanswered("a line of the batch's answers cannot be read")
        request = requests.get(line.custom_id)
        if request is None:
            return line.custom_id, Unanswered("the batch's line answers no request of this stage")
        if line.response is None or line.response.status_code != 200:
            return line.custom_id, Unanswered(line.reason)
        try:
            reply = Reply.model_validate(line.response.body)
        except ValidationError:
            return line.custom_id, Unanswered("the answer is not a chat completion")
        if not reply.choices:
            return line.custom_id, Unanswered("the server's answer has no choices")
        return line.custom_id, asker.read(reply, request, self._choice_ids(request.choices))


async def _uploaded(session: Opened, lines: Sequence[bytes]) -> str:
    file = ("requests.jsonl", b"".join(lines))
    raw = await session.client.files.with_raw_response.create(file=file, purpose="batch")
    return _Named.model_validate_json(raw.text).id


async def _created(session: Opened, record: Record, file: str) -> str:
    raw = await session.client.batches.with_raw_response.create(
        completion_window="24h", endpoint=ENDPOINT, input_file_id=file, metadata={TAG: record.tag}
    )
    return _Named.model_validate_json(raw.text).id


async def _found(session: Opened, record: Record) -> str | None:
    async for batch in session.client.batches.list(limit=100):
        if (batch.metadata or {}).get(TAG) == record.tag:
            return batch.id
    return None


async def _retrieved(session: Opened, batch: str) -> _Batch:
    async def ask() -> _Batch:
        raw = await session.client.batches.with_raw_response.retrieve(batch)
        return _Batch.model_validate_json(raw.text)

    return await session.called(f"batch {batch}", ask)


async def _content(session: Opened, file: str) -> str:
    async def ask() -> str:
        return (await session.client.files.with_raw_response.content(file)).text

    return await session.called(f"file {file}", ask)
