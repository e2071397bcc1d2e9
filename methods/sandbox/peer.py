"""Two processes that call one another over pipes: the tests' side, and the completion's.

The tests hold ``Remote`` objects for what cannot be sent as plain data. A Remote can be called, iterated,
measured, indexed, and compared with another Remote. It never equals, orders or computes with plain data,
since the completion could answer that as it likes.
"""

import builtins
import json
import operator
import os
import struct
from collections.abc import Callable, Iterator
from typing import Any

from methods.sandbox.wire import Json, decode, encode

MAX_MESSAGE = 16 * 2**20
_MUTABLE = (list, dict, set)
Message = dict[str, Any]
_OPERATIONS: dict[str, Callable[..., object]] = {
    "call": lambda function, *positional, **named: function(*positional, **named),
    "getattr": getattr,
    "setattr": setattr,
    "len": len,
    "iter": iter,
    "next": next,
    "bool": bool,
    "str": str,
    "repr": repr,
    "eq": operator.eq,
    "getitem": operator.getitem,
    "isinstance": isinstance,
    "setitem": operator.setitem,
    "delitem": operator.delitem,
}


class Gone(BaseException):
    """The other process has ended or does not keep to the protocol; tests cannot catch it as Exception."""


class Remote:
    """An object of the other process."""

    def __init__(self, peer: "Peer", number: int) -> None:
        object.__setattr__(self, "_peer", peer)
        object.__setattr__(self, "_number", number)

    def _ask(self, operation: str, *positional: object, **named: object) -> Any:
        peer: Peer = object.__getattribute__(self, "_peer")
        return peer.ask(operation, self, *positional, **named)

    def __call__(self, *positional: object, **named: object) -> object:
        return self._ask("call", *positional, **named)

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._ask("getattr", name)

    def __setattr__(self, name: str, value: object) -> None:
        self._ask("setattr", name, value)

    def __len__(self) -> int:
        return int(self._ask("len"))

    def __bool__(self) -> bool:
        return self._ask("bool") is True

    def __iter__(self) -> Iterator[object]:
        iterator: Iterator[object] = self._ask("iter")
        return iterator

    def __next__(self) -> object:
        return self._ask("next")

    def __getitem__(self, key: object) -> object:
        return self._ask("getitem", key)

    def __setitem__(self, key: object, value: object) -> None:
        self._ask("setitem", key, value)

    def __delitem__(self, key: object) -> None:
        self._ask("delitem", key)

    def __contains__(self, value: object) -> bool:
        raise TypeError("`in` needs a list, set, dict or string from the completion")

    def __str__(self) -> str:
        return str(self._ask("str"))

    def __repr__(self) -> str:
        return str(self._ask("repr"))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Remote) and self._ask("eq", other) is True

    def __hash__(self) -> int:
        return hash(object.__getattribute__(self, "_number"))

    def __instancecheck__(self, instance: object) -> bool:
        peer: Peer = object.__getattribute__(self, "_peer")
        return peer.ask("isinstance", instance, self) is True


class Peer:
    """One end. ``serves_all`` lets the other end do anything with objects of this one, else only call."""

    def __init__(self, reading: int, writing: int, serves_all: bool) -> None:
        self.reading, self.writing, self.serves_all = reading, writing, serves_all
        self.kept: list[object] = []
        self.operations = dict(_OPERATIONS) if serves_all else {"call": _OPERATIONS["call"]}
        self.lost = False

    def ask(self, operation: str, *positional: object, **named: object) -> Any:
        """What the other end answers.

        Raises the builtin error that it raised, and Gone where it has ended or breaks the protocol.
        """
        self._send({"do": operation, "given": self._encode(list(positional)), "named": self._encode(named)})
        while "do" in (message := self._receive()):
            self._serve(message)
        try:
            if "error" in message:
                raise _error(str(message["error"]), str(message.get("text", "")))
            for index, content in message["changed"]:
                _overwrite(positional[index], self._decode(content))
            return self._decode(message["value"])
        except (KeyError, IndexError) as error:
            if "value" in message or "error" in message:
                raise
            raise self._gone("sent something that is not an answer") from error

    def serve(self) -> None:
        """Answer until the other end is gone, which raises Gone."""
        while True:
            self._serve(self._receive())

    def _serve(self, message: Message) -> None:
        try:
            operation, sent = self.operations[message["do"]], message["given"]
            positional, named = self._decode(sent), self._decode(message["named"])
            value = self._encode(operation(*positional, **named))
            after = [
                self._encode(item) if isinstance(item, (list, dict, set)) else None for item in positional
            ]
            changed = [[i, item] for i, item in enumerate(after) if item is not None and item != sent[i]]
            answer = {"value": value, "changed": changed}
        except Gone:
            raise
        except BaseException as error:
            answer = {"error": _builtin_name(error), "text": f"{type(error).__name__}: {error}"[:300]}
        self._send(answer)

    def _encode(self, value: object) -> Json:
        return encode(value, self._keep)

    def _decode(self, data: Json) -> Any:
        return decode(data, self._numbered)

    def _keep(self, value: object) -> dict[str, Json]:
        if isinstance(value, Remote):
            return {"yours": object.__getattribute__(value, "_number")}
        self.kept.append(value)
        return {"mine": len(self.kept) - 1}

    def _numbered(self, whose: str, number: int) -> object:
        return Remote(self, int(number)) if whose == "mine" else self.kept[number]

    def _send(self, message: Message) -> None:
        content = json.dumps(message).encode()
        rest = struct.pack("I", len(content)) + content
        try:
            while rest:
                rest = rest[os.write(self.writing, rest) :]
        except OSError as error:
            raise self._gone("has ended") from error

    def _receive(self) -> Message:
        (length,) = struct.unpack("I", self._read(4))
        if length > MAX_MESSAGE:
            raise self._gone(f"sent more than {MAX_MESSAGE:,} bytes")
        try:
            message = json.loads(self._read(length))
        except (ValueError, RecursionError) as error:
            raise self._gone("sent something that cannot be read") from error
        if not isinstance(message, dict):
            raise self._gone("sent something that is not an answer")
        return message

    def _read(self, length: int) -> bytes:
        parts = []
        while length:
            part = os.read(self.reading, min(length, 2**20))
            if not part:
                raise self._gone("has ended")
            parts.append(part)
            length -= len(part)
        return b"".join(parts)

    def _gone(self, what: str) -> Gone:
        self.lost = True
        return Gone(f"the completion's process {what}")


def _builtin_name(error: BaseException) -> str:
    return next((kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins"), "Exception")


def _error(name: str, text: str) -> Exception:
    kind = getattr(builtins, name, None)
    if not (isinstance(kind, type) and issubclass(kind, Exception)):
        return RuntimeError(f"the completion raised {text}")
    try:
        return kind(text)
    except TypeError:  # a Unicode error wants five arguments
        return ValueError(text)


def _overwrite(value: object, content: object) -> None:
    """Give an argument the content that a call has changed it to in place."""
    if isinstance(value, list) and isinstance(content, list):
        value[:] = content
    elif isinstance(value, (dict, set)) and isinstance(content, (dict, set)):
        value.clear()
        value.update(content)
