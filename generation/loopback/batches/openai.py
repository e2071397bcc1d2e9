"""/v1/batches of OpenAI: a file of requests, answered in a file of results and one of errors."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel, JsonValue, ValidationError

from generation.loopback.batches.course import Course, Serve, Submissions, Submitted, cancel, finish
from generation.loopback.batches.files import Files
from generation.loopback.refusals import Refused
from generation.loopback.script import Fields
from generation.loopback.wire import Answer, Call

ENDPOINT = "/v1/chat/completions"
ENDS = {"completed", "failed", "expired", "cancelled"}


class _Line(BaseModel):
    custom_id: str
    method: str
    url: str
    body: JsonValue


class _Created(BaseModel):
    input_file_id: str
    endpoint: str
    completion_window: str
    metadata: dict[str, str] | None = None


@dataclass
class _Batch:
    id: str
    asked: _Created
    created_at: int
    status: str = "validating"
    problems: tuple[Fields, ...] = ()
    requests: tuple[Submitted, ...] = ()
    num_looks: int = 0
    output: str | None = None
    errors: str | None = None

    def fields(self) -> Fields:
        outcomes = Counter(request.outcome for request in self.requests)
        problems: list[JsonValue] = list(self.problems)
        return {
            **self.asked.model_dump(),
            "id": self.id,
            "object": "batch",
            "status": self.status,
            "errors": {"object": "list", "data": problems} if problems else None,
            "output_file_id": self.output,
            "error_file_id": self.errors,
            "created_at": self.created_at,
            "expires_at": self.created_at + 86_400,
            **({f"{self.status}_at": self.created_at} if self.status in ENDS else {}),
            "request_counts": {
                "total": len(self.requests),
                "completed": outcomes["succeeded"],
                "failed": outcomes["errored"] + outcomes["expired"],
            },
        }


class OpenAIBatches:
    """The batches of one account; each look at one brings it on."""

    def __init__(self, files: Files, serve: Serve) -> None:
        self.course, self.submissions = Course(), Submissions()
        self._files, self._serve = files, serve
        self._batches: dict[str, _Batch] = {}

    def answer(self, call: Call) -> Answer:
        """The answer to a call below /v1/batches; raises Refused."""
        _, _, rest = call.path.partition("/v1/batches")
        if not rest:
            return Answer(self._create(call) if call.method == "POST" else self._listed(call.query))
        name, _, verb = rest.strip("/").partition("/")
        if name not in self._batches:
            raise Refused(404, f"No batch found with id '{name}'.", "batch_id")
        batch = self._batches[name]
        if verb == "cancel":
            self._cancel(batch)
        else:
            self._look(batch)
        return Answer(batch.fields())

    def _create(self, call: Call) -> Fields:
        try:
            asked = _Created.model_validate_json(call.sent)
        except ValidationError as error:
            raise Refused(400, f"Invalid batch: {error.errors()[0]['msg']}") from error
        if asked.completion_window != "24h":
            raise Refused(400, "Invalid value for 'completion_window': only '24h' is served.")
        if asked.endpoint != ENDPOINT:
            raise Refused(400, f"Invalid value for 'endpoint': {asked.endpoint}", "endpoint")
        content = self._files.content(asked.input_file_id)
        number = len(self._batches) + 1
        batch = self._batches[f"batch_{number}"] = _Batch(f"batch_{number}", asked, number)
        lines, batch.problems = _read(content, self.course)
        if not batch.problems:
            requests = [(line.custom_id, line.url, line.body) for line in lines]
            batch.requests = tuple(self.submissions.add(requests))
        return batch.fields()

    def _listed(self, query: Mapping[str, str]) -> Fields:
        ordered = list(reversed(self._batches.values()))
        names = [batch.id for batch in ordered]
        first = names.index(query["after"]) + 1 if query.get("after") in names else 0
        most = int(query.get("limit", "20"))
        data: list[JsonValue] = [batch.fields() for batch in ordered[first : first + most]]
        return {"object": "list", "data": data, "has_more": first + most < len(ordered)}

    def _look(self, batch: _Batch) -> None:
        if batch.status in ENDS:
            return
        batch.num_looks += 1
        if batch.status == "cancelling":
            cancel(list(batch.requests), self._serve, batch.num_looks > 1)
            self._end(batch, "cancelled")
        elif batch.problems:
            batch.status = "failed"
        elif self.course.polls is None or batch.num_looks < self.course.polls:
            batch.status = "in_progress"
        elif self.course.ends == "failed":
            batch.problems = ({"code": "server_error", "message": "The batch failed.", "line": None},)
            batch.status = "failed"
            for request in batch.requests:
                request.outcome = "errored"
        else:
            finish(list(batch.requests), self.course, self._serve)
            self._end(batch, self.course.ends)

    def _cancel(self, batch: _Batch) -> None:
        if batch.status in ENDS:
            raise Refused(409, f"Cannot cancel a batch with status '{batch.status}'.")
        batch.status = "cancelling"

    def _end(self, batch: _Batch, status: str) -> None:
        batch.status = status
        good = [_result(request) for request in batch.requests if request.outcome == "succeeded"]
        bad = [_result(request) for request in batch.requests if request.outcome in ("errored", "expired")]
        batch.output = self._written("output", good)
        batch.errors = self._written("errors", bad)

    def _written(self, name: str, lines: list[Fields]) -> str | None:
        # the order of results is not that of requests
        text = "".join(json.dumps(line) + "\n" for line in reversed(lines))
        return str(self._files.add(f"{name}.jsonl", "batch_output", text.encode())["id"]) if lines else None


def _read(content: bytes, course: Course) -> tuple[list[_Line], tuple[Fields, ...]]:
    lines, problems, seen = list[_Line](), list[Fields](), set[str]()
    for number, text in enumerate(content.decode().splitlines(), 1):
        try:
            line = _Line.model_validate_json(text)
        except ValidationError:
            problems.append(
                _problem("invalid_json_line", "This line is not parseable as valid JSON.", number)
            )
            continue
        if line.custom_id in seen:
            message = f"The custom_id for this request is a duplicate of another request: {line.custom_id}"
            problems.append(_problem("duplicate_custom_id", message, number))
        if (line.method, line.url) != ("POST", ENDPOINT):
            problems.append(
                _problem("invalid_url", "The URL provided for this request does not match.", number)
            )
        seen.add(line.custom_id)
        lines.append(line)
    if not lines and not problems:
        problems.append(_problem("empty_file", "The input file is empty.", None))
    if len(lines) > course.most:
        problems.append(_problem("too_many_tasks", f"The batch has more than {course.most} requests.", None))
    return lines, tuple(problems)


def _problem(code: str, message: str, line: int | None) -> Fields:
    return {"code": code, "message": message, "line": line, "param": None}


def _result(request: Submitted) -> Fields:
    name = f"batch_req_{request.batch}_{request.custom_id}"
    fields: Fields = {"id": name, "custom_id": request.custom_id, "response": None, "error": None}
    if request.outcome == "expired":
        message = "This request could not be executed before the completion window expired."
        return fields | {"error": {"code": "batch_expired", "message": message}}
    trouble: Fields = {"error": {"message": "The server had an error", "type": "server_error"}}
    body = trouble if request.answer is None else request.answer
    return fields | {"response": {"status_code": request.status, "request_id": name, "body": body}}
