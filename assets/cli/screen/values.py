"""Values as tables show them: hashes by their first digits, times by this machine's clock."""

import re
from datetime import datetime
from typing import Any

HASH = re.compile(r"[0-9a-f]{32,64}")
# as it is stored, with its zone
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def cell(value: Any) -> str:
    """A value in a table: a hash by its first digits, a float by four, a time by this machine's clock."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple) and all(isinstance(part, str) for part in value):
        return ", ".join(value)
    if isinstance(value, str) and HASH.fullmatch(value):
        return value[:12]
    if isinstance(value, datetime) or (isinstance(value, str) and TIME.fullmatch(value)):
        return local_time(value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def local_time(time: datetime | str) -> str:
    """A time, which is stored in UTC, by the clock of this machine; one without a zone as it is."""
    at = datetime.fromisoformat(time) if isinstance(time, str) else time
    return f"{at.astimezone() if at.tzinfo else at:%Y-%m-%d %H:%M:%S}"
