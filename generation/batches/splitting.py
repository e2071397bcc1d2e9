"""Requests in as many batches as a provider's limits ask for."""

from collections.abc import Iterable, Iterator


def parts(
    lines: Iterable[tuple[str, bytes | None]], most_requests: int, most_bytes: int
) -> Iterator[dict[str, bytes]]:
    """The lines by key, at most so many and so large together; None is left out."""
    part: dict[str, bytes] = {}
    size = 0
    for key, line in lines:
        if line is None or len(line) > most_bytes:
            continue
        if len(part) == most_requests or size + len(line) > most_bytes:
            yield part
            part, size = {}, 0
        part[key] = line
        size += len(line)
    if part:
        yield part
