"""A /v1 server on 127.0.0.1 that answers as it is told: busy, broken, cut off, hung or well."""

from collections.abc import Callable
from typing import Any

from generation.loopback.wire import Answer, Call, WireServer

__all__ = ["HANG", "Answer", "Call", "MisbehavingServer", "refused", "spoken"]
HANG = 60.0


def spoken(text: str | None, *, finish: str | None = "stop", **fields: Any) -> dict[str, Any]:
    """A chat completion with one choice."""
    return {
        "id": "1",
        "object": "chat.completion",
        "created": 0,
        "model": "m",
        "choices": [
            {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text}, **fields}
        ],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
    }


def refused(status: int, message: str, **headers: str) -> Answer:
    """An error in the protocol's words."""
    return Answer({"error": {"message": message, "code": status}}, status=status, headers=headers)


class MisbehavingServer(WireServer):
    """Serves while entered; ``answer`` decides each reply but the list of models."""

    def __init__(
        self, answer: Callable[[Call], Answer], *, owner: str = "vllm", models: tuple[str, ...] = ("m",)
    ) -> None:
        super().__init__(answer)
        self.models: Answer = Answer({"data": [{"id": model, "owned_by": owner} for model in models]})
        self.keys: list[str] = []

    def __enter__(self) -> "MisbehavingServer":
        super().__enter__()
        return self

    def reply(self, call: Call) -> Answer:
        """The list of models, or what ``answer`` says."""
        self.keys.append(call.headers.get("authorization", ""))
        return self.models if call.method == "GET" else self.answer(call)
