"""Which columns of a file became part of its rows, and which did not."""

from collections.abc import Iterator, Mapping

from datasets_registry.importing.blocks import unread_fields
from datasets_registry.importing.forms.messages import MESSAGE_FIELDS
from datasets_registry.importing.forms.values import truth
from datasets_registry.importing.records import Columns, Value
from datasets_registry.importing.rejection import Rejected

_NEGATIVE = ("label", "weight")
_CONTEXT = ("tools", "functions", "tool_calls", "function_call", "system", "system_prompt", "history")


class Read(Mapping[str, Value]):
    """A record's columns; ``names`` are those that were read."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self.names: set[str] = set()

    def __getitem__(self, name: str) -> Value:
        value = self._columns[name]
        self.names.add(name)
        return value

    def __contains__(self, name: object) -> bool:
        return name in self._columns

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def unread(self, name: str) -> Value:
        """The value of a column that was not read; None where it was, or is not there."""
        return None if name in self.names else self._columns.get(name)


def require_kept(columns: Read) -> None:
    """Raise Rejected where a column that was not read says what the row would then deny.

    A negative example would count as a good one; an answer would lack what was said before it.
    """
    for name in (*_NEGATIVE, *_CONTEXT):
        value = columns.unread(name)
        is_lost = truth(value) is False if name in _NEGATIVE else bool(value)
        if value is not None and is_lost:
            raise Rejected(
                f"column {name} would be lost",
                f"column {name} would be lost, and the row means another thing without it: give --like and "
                "--map to say what is taken",
            )


def field_names(columns: Columns) -> set[str]:
    """The names of columns, and of fields of messages that no turn has, such as ``messages.timestamp``.

    What blocks of a message have besides is named as ``messages.content.signature``.
    """
    inner = {
        f"{name}.{field}"
        for name, value in columns.items()
        if isinstance(value, list)
        for message in value
        if isinstance(message, dict) and not message.keys().isdisjoint(("role", "from"))
        for field in (message.keys() - MESSAGE_FIELDS)
        | {f"content.{part}" for part in unread_fields(message)}
    }
    return {*columns, *inner}


def unused(names: set[str], used: set[str]) -> list[str]:
    """Those of ``names`` that no row has something of; fields of an unused column go without saying."""
    return sorted(
        name for name in names - used if "." not in name or name in used or name.partition(".")[0] in used
    )
