"""Anthropic's Message Batches: many requests in one body, results as lines of JSON.

A batch carries no tag of ours. One whose id was not recorded is known by its size and by a result's key.
"""

import json
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from pydantic import BaseModel, JsonValue, ValidationError

from datasets_registry.errors import ModelFailed
from datasets_registry.plain_text import plain_line
from generation.anthropic_api.protocol import Fields, Reply, unservable, version_headers
from generation.batches.provider import Answer, BatchGone, Standing, Unanswered
from generation.batches.records import Record
from generation.remote.answers import MOST_OF_A_REASON, Lenient
from generation.remote.calling import SAVED
from generation.remote.refusals import field
from generation.remote.sessions import Session, Sessions
from generation.request import Completion, Request

if TYPE_CHECKING:
    import anthropic

Opened = Session["anthropic.AsyncAnthropic"]
ATTEMPTS = 3


class _Counts(BaseModel):
    processing: int = 0
    succeeded: int = 0
    errored: int = 0
    canceled: int = 0
    expired: int = 0

    @property
    def done(self) -> int:
        """Requests that have ended, in whatever way."""
        return self.succeeded + self.errored + self.canceled + self.expired


class _Batch(BaseModel):
    id: str
    processing_status: str
    request_counts: _Counts = _Counts()
    archived_at: JsonValue = None


class _Result(BaseModel):
    type: str
    message: JsonValue = None
    error: JsonValue = None

    @property
    def reason(self) -> str:
        """Why there is no message."""
        said = field(self.error, "message")
        return plain_line(f"{self.type}: {said}" if said else self.type, MOST_OF_A_REASON)


class _Line(BaseModel):
    custom_id: str
    result: Lenient[_Result] = None


class _Uncertain(Exception):
    """A submission failed, and may have arrived all the same."""


class MessageBatches:
    """The batches of ``model`` at a server, as ``generation.batches.provider.Provider``.

    ``body`` gives what is posted for a request, or a failed row; ``read`` the completion of a reply.
    """

    most_requests, most_bytes = 100_000, 256_000_000

    def __init__(
        self,
        sessions: "Sessions[anthropic.AsyncAnthropic]",
        model: str,
        least: int | None,
        *,
        body: Callable[[Request], Fields | Completion],
        read: Callable[[Reply], Completion],
    ) -> None:
        self.server, self.model, self.least, self.pause = sessions.server, model, least, sessions.pause
        self._sessions, self._body, self._reply = sessions, body, read

    def takes(self, request: Request) -> bool:
        """What the API does not serve is refused without a call."""
        return unservable(request) is None

    def require(self) -> None:
        """Raise BadInput where the server has no list of batches."""

        async def listed(session: Opened) -> None:
            await session.called("the list of batches", lambda: session.client.messages.batches.list(limit=1))

        self._sessions.offered(listed)

    def lines(self, requests: Mapping[str, Request]) -> Iterator[tuple[str, bytes | None]]:
        """Each request as a batch has it; None for one that has no place in the API."""
        for key, request in requests.items():
            fields = self._body(request)
            if isinstance(fields, Completion):
                yield key, None
            else:
                yield key, json.dumps({"custom_id": key, "params": fields}).encode()

    def submit(self, record: Record, lines: Sequence[bytes]) -> str:
        """Submit the lines; again only after a look at what the first attempt came to."""
        requests = [json.loads(line) for line in lines]
        headers = version_headers(request["params"] for request in requests)

        async def create(session: Opened) -> str:
            raw = await session.client.messages.batches.with_raw_response.create(
                requests=[], extra_body={"requests": requests}, extra_headers=headers
            )
            return _Batch.model_validate_json(await raw.text()).id

        for _ in range(ATTEMPTS):
            try:
                return self._sessions.offered(lambda session: _once(session, create))
            except _Uncertain:
                if (batch := self.find(record)) is not None:
                    return batch
        raise ModelFailed(f"the server at {self.server} took no batch in {ATTEMPTS} attempts; rerun: {SAVED}")

    def find(self, record: Record) -> str | None:
        """The batch of as many requests that has an answer to one of the record's, awaited where it runs."""
        for batch in self._listed():
            counts = batch.request_counts
            if batch.archived_at or counts.done + counts.processing != len(record.keys):
                continue
            polls = 0
            while not self.standing(batch.id).ended:
                time.sleep(self.pause(polls))
                polls += 1
            if self._first(batch.id) in record.keys:
                return batch.id
        return None

    def standing(self, batch: str) -> Standing:
        """How the batch stands."""

        async def retrieved(session: Opened) -> _Batch:
            async def ask() -> _Batch:
                raw = await session.client.messages.batches.with_raw_response.retrieve(batch)
                return _Batch.model_validate_json(await raw.text())

            return await session.called(f"batch {batch}", ask)

        state = self._sessions.within(retrieved)
        status = state.processing_status
        return Standing(state.request_counts.done, status == "ended", status)

    def answers(self, batch: str, requests: Mapping[str, Request]) -> Iterator[tuple[str, Answer]]:
        """The results of an ended batch, line by line."""

        async def written(session: Opened) -> str:
            async def ask() -> str:
                results = await session.client.messages.batches.results(batch)
                return (await results.http_response.aread()).decode()

            return await session.called(f"results of batch {batch}", ask)

        for line in self._sessions.within(written).split("\n"):
            if line.strip():
                yield self._read(line, requests)

    def _read(self, text: str, requests: Mapping[str, Request]) -> tuple[str, Answer]:
        try:
            line = _Line.model_validate_json(text)
        except ValidationError:
            return "", Unanswered("a line of the batch's results cannot be read")
        if line.custom_id not in requests or line.result is None:
            return line.custom_id, Unanswered("the batch's line has no result to a request of this stage")
        if line.result.type != "succeeded":
            return line.custom_id, Unanswered(line.result.reason)
        try:
            return line.custom_id, self._reply(Reply.model_validate(line.result.message))
        except ValidationError:
            return line.custom_id, Unanswered("the answer is not a message")

    def _listed(self) -> list[_Batch]:
        """All batches of the account, newest first."""

        async def listed(session: Opened) -> list[_Batch]:
            async def ask() -> list[_Batch]:
                batches = session.client.messages.batches.list(limit=1_000)
                return [_Batch.model_validate(batch.to_dict(mode="json")) async for batch in batches]

            return await session.called("the list of batches", ask)

        return self._sessions.offered(listed)

    def _first(self, batch: str) -> str | None:
        """The key of an ended batch's first result."""

        async def first(session: Opened) -> str | None:
            async def ask() -> str | None:
                results = await session.client.messages.batches.results(batch)
                async for result in results:
                    await results.close()
                    return result.custom_id
                return None

            return await session.called(f"results of batch {batch}", ask)

        try:
            return self._sessions.within(first)
        except BatchGone:
            return None


async def _once(session: Opened, create: Callable[[Opened], Awaitable[str]]) -> str:
    """What ``create`` gives; raises _Uncertain before it would be tried a second time."""
    attempts = 0

    async def ask() -> str:
        nonlocal attempts
        attempts += 1
        if attempts > 1:
            raise _Uncertain
        return await create(session)

    return await session.called("the batch", ask)
