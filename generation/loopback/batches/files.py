"""/v1/files of OpenAI: uploads by multipart form, and their contents."""

from collections.abc import Mapping
from email import message_from_bytes
from itertools import count

from pydantic import JsonValue

from generation.loopback.refusals import Refused
from generation.loopback.script import Fields
from generation.loopback.wire import Answer, Call


class Files:
    """The files of one account, the newest last."""

    def __init__(self) -> None:
        self._files: dict[str, tuple[Fields, bytes]] = {}
        self._numbers = count(1)

    def answer(self, call: Call) -> Answer:
        """The answer to a call below /v1/files; raises Refused."""
        _, _, rest = call.path.partition("/v1/files")
        if call.method == "POST" and not rest:
            return Answer(self._uploaded(call))
        if call.method == "GET" and not rest:
            return Answer(self._listed(call.query))
        name, _, part = rest.strip("/").partition("/")
        fields, content = self._file(name)
        if call.method == "DELETE":
            del self._files[name]
            return Answer({"id": name, "object": "file", "deleted": True})
        return Answer(content) if part == "content" else Answer(fields)

    def content(self, name: str) -> bytes:
        """What a file holds; raises Refused."""
        return self._file(name)[1]

    def add(self, filename: str, purpose: str, content: bytes) -> Fields:
        """A new file."""
        number = next(self._numbers)
        fields: Fields = {
            "id": f"file-{number}",
            "object": "file",
            "bytes": len(content),
            "created_at": number,
            "filename": filename,
            "purpose": purpose,
            "status": "processed",
        }
        self._files[str(fields["id"])] = (fields, content)
        return fields

    def _file(self, name: str) -> tuple[Fields, bytes]:
        if name not in self._files:
            raise Refused(404, f"No such File object: {name}", "id")
        return self._files[name]

    def _listed(self, query: Mapping[str, str]) -> Fields:
        wanted = [
            fields
            for fields, _ in reversed(self._files.values())
            if query.get("purpose") in (None, fields["purpose"])
        ]
        data: list[JsonValue] = list(wanted)
        return {"object": "list", "data": data, "has_more": False}

    def _uploaded(self, call: Call) -> Fields:
        kind = call.headers.get("content-type", "")
        form = message_from_bytes(f"content-type: {kind}\r\n\r\n".encode() + call.sent)
        if not form.is_multipart():
            raise Refused(400, "a multipart form is needed", "file")
        parts = {str(part.get_param("name", header="content-disposition")): part for part in form.walk()}
        if "file" not in parts or "purpose" not in parts:
            raise Refused(400, "file and purpose are needed", "file")
        content, purpose = (parts[name].get_payload(decode=True) for name in ("file", "purpose"))
        assert isinstance(content, bytes) and isinstance(purpose, bytes)
        if (said := purpose.decode().strip()) not in ("batch", "user_data"):
            raise Refused(400, f"Invalid value for 'purpose': {said}", "purpose")
        return self.add(parts["file"].get_filename() or "upload", said, content)
