"""/v1/messages/batches of Anthropic: requests in one body, results as JSON lines."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from generation.loopback.batches.course import Course, Serve, Submissions, Submitted, cancel, finish
from generation.loopback.refusals import Refused, problem
from generation.loopback.script import Fields
from generation.loopback.wire import Answer, Call

PATH = "/v1/messages/batches"
_BEGUN = datetime(2026, 1, 1, tzinfo=UTC)


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")

    custom_id: str = Field(pattern="^[a-zA-Z0-9_-]{1,64}$")
    params: dict[str, JsonValue]


class _Created(BaseModel):
    model_config = ConfigDict(extra="forbid")

    requests: list[_Request] = Field(min_length=1)


@dataclass
class _Batch:
    id: str
    created: datetime
    requests: tuple[Submitted, ...]
    status: str = "in_progress"
    num_looks: int = 0
    canceled: bool = False

    def fields(self, url: str) -> Fields:
        ended = self.status == "ended"
        outcomes = Counter(request.outcome for request in self.requests)
        counts: Fields = {name: outcomes[name] for name in ("succeeded", "errored", "canceled", "expired")}
        return {
            "id": self.id,
            "type": "message_batch",
            "processing_status": self.status,
            "request_counts": {"processing": outcomes["pending"], **counts},
            "created_at": self.created.isoformat(),
            "expires_at": (self.created + timedelta(hours=24)).isoformat(),
            "ended_at": self.created.isoformat() if ended else None,
            "cancel_initiated_at": self.created.isoformat() if self.canceled else None,
            "archived_at": None,
            "results_url": f"{url}/messages/batches/{self.id}/results" if ended else None,
        }


class MessageBatches:
    """The message batches of one account; each look at one brings it on. ``url`` is the server's."""

    def __init__(self, serve: Serve, url: Callable[[], str]) -> None:
        self.course, self.submissions = Course(), Submissions()
        self._serve, self._url = serve, url
        self._batches: dict[str, _Batch] = {}
        self._numbers = count(1)

    def answer(self, call: Call) -> Answer:
        """The answer to a call below /v1/messages/batches; raises Refused."""
        _, _, rest = call.path.partition(PATH)
        if not rest:
            return Answer(self._create(call) if call.method == "POST" else self._listed(call.query))
        name, _, verb = rest.strip("/").partition("/")
        if name not in self._batches:
            raise Refused(404, f"Message batch {name} not found.")
        batch = self._batches[name]
        if verb == "results":
            return Answer(_results(batch), headers={"content-type": "application/x-jsonl"})
        if call.method == "DELETE":
            del self._batches[name]
            return Answer({"id": name, "type": "message_batch_deleted"})
        if verb == "cancel":
            self._cancel(batch)
        else:
            self._look(batch)
        return Answer(batch.fields(self._url()))

    def _create(self, call: Call) -> Fields:
        try:
            asked = _Created.model_validate_json(call.sent)
        except ValidationError as error:
            raise Refused(400, ": ".join(problem(error))) from error
        names = Counter(request.custom_id for request in asked.requests)
        if max(names.values()) > 1:
            raise Refused(400, f"requests: duplicate custom_id {names.most_common(1)[0][0]!r}")
        if len(asked.requests) > self.course.most:
            raise Refused(413, f"requests: at most {self.course.most} are allowed")
        number = next(self._numbers)
        new = self.submissions.add(
            [(request.custom_id, "/v1/messages", dict(request.params)) for request in asked.requests]
        )
        batch = _Batch(f"msgbatch_{number}", _BEGUN + timedelta(seconds=number), tuple(new))
        self._batches[batch.id] = batch
        return batch.fields(self._url())

    def _listed(self, query: Mapping[str, str]) -> Fields:
        ordered = list(reversed(self._batches.values()))
        names = [batch.id for batch in ordered]
        first = names.index(query["after_id"]) + 1 if query.get("after_id") in names else 0
        most = int(query.get("limit", "20"))
        shown = ordered[first : first + most]
        data: list[JsonValue] = [batch.fields(self._url()) for batch in shown]
        return {
            "data": data,
            "has_more": first + most < len(ordered),
            "first_id": shown[0].id if shown else None,
            "last_id": shown[-1].id if shown else None,
        }

    def _look(self, batch: _Batch) -> None:
        if batch.status == "ended":
            return
        batch.num_looks += 1
        if batch.status == "canceling":
            cancel(list(batch.requests), self._serve, batch.num_looks > 1)
            batch.status = "ended"
        elif self.course.polls is not None and batch.num_looks >= self.course.polls:
            finish(list(batch.requests), self.course, self._serve)
            batch.status = "ended"

    def _cancel(self, batch: _Batch) -> None:
        if batch.status == "ended":
            raise Refused(400, f"Message batch {batch.id} has ended and cannot be canceled.")
        batch.status, batch.canceled = "canceling", True


def _results(batch: _Batch) -> bytes:
    if batch.status != "ended":
        raise Refused(404, f"Message batch {batch.id} has no results yet: it has not ended.")
    lines = [{"custom_id": request.custom_id, "result": _result(request)} for request in batch.requests]
    # the order of results is not that of requests
    return "".join(json.dumps(line) + "\n" for line in reversed(lines)).encode()


def _result(request: Submitted) -> Fields:
    if request.outcome == "succeeded":
        return {"type": "succeeded", "message": request.answer}
    if request.outcome != "errored":
        return {"type": request.outcome}
    trouble = Refused(500, "Internal server error").body("anthropic")
    return {"type": "errored", "error": trouble if request.answer is None else request.answer}
