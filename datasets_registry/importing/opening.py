"""Files of text as they may be read: in UTF-8, unpacked within bounds, a line at a time."""

import gzip
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from datasets_registry.errors import BadInput

# a longer line or element is no row; a list is read whole, and so may have this many bytes
MOST_LINE_BYTES = 64 * 2**20
MOST_LIST_BYTES = 2 * 2**30
# what a .gz file may hold for each of its bytes; text that repeats itself has 100, and zeros have 1,000
MOST_RATIO = 500
# which is asked for beyond this many bytes
FREE_BYTES = 64 * 2**20
_BOM = b"\xef\xbb\xbf"
_ARCHIVES = {
    rb"\x1f\x8b": "gzip",
    rb"PK\x03\x04": "zip",
    rb"\x28\xb5\x2f\xfd": "zstd",
    rb"BZh[1-9]1AY&SY": "bzip2",
    rb"\xfd7zXZ\x00": "xz",
    rb"PAR1": "Parquet",
}


class _Unpacked(io.RawIOBase):
    """What a .gz file holds; raises BadInput where that is more than such a file holds of text."""

    def __init__(self, path: Path) -> None:
        self._path, self._file, self._bytes = path, gzip.GzipFile(path), 0
        self._most = max(FREE_BYTES, MOST_RATIO * path.stat().st_size)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        count = self._file.readinto1(buffer)
        self._bytes += count
        if self._bytes > self._most:
            raise BadInput(
                f"{self._path} unpacks to more than {MOST_RATIO} times its size, which is no text of people: "
                "unpack it and look at it, then import what it holds"
            )
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


def opened(path: Path) -> IO[bytes]:
    """The open file without a byte order mark, unpacked where its name ends in .gz.

    Raises BadInput where its first bytes are those of an archive or of another encoding than UTF-8, and while
    it is read where it unpacks to too much.
    """
    file = io.BufferedReader(_Unpacked(path) if path.suffix == ".gz" else io.FileIO(path))
    try:
        _require_text(path, file.peek(16)[:16])
        if file.peek(len(_BOM)).startswith(_BOM):
            file.read(len(_BOM))
    except BaseException:
        file.close()
        raise
    return cast(IO[bytes], file)


def _require_text(path: Path, start: bytes) -> None:
    for mark, kind in _ARCHIVES.items():
        if re.match(mark, start):
            raise BadInput(
                f"{path} is a {kind} file by its first bytes, whatever its name: unpack it, or name it as "
                "what it is (.gz and .parquet are read)"
            )
    encoding = json.detect_encoding(start[:4])
    if not encoding.startswith("utf-8"):
        raise BadInput(
            f"{path} is {encoding.upper()} text, and has to be UTF-8: write it anew with "
            f"`iconv -f {encoding.upper()} -t UTF-8`"
        )


def lines(path: Path) -> Iterator[tuple[int, bytes | None]]:
    """The lines and their numbers; None for one longer than MOST_LINE_BYTES."""
    with opened(path) as file:
        number = 1
        while line := file.readline(MOST_LINE_BYTES + 1):
            if len(line) > MOST_LINE_BYTES:
                _skip_rest(file, line)
                yield number, None
            else:
                yield number, line
            number += 1


def _skip_rest(file: IO[bytes], line: bytes) -> None:
    while line and not line.endswith(b"\n"):
        line = file.readline(MOST_LINE_BYTES)


def whole(path: Path) -> bytes:
    """All that the file holds; raises BadInput where it is too much for a list."""
    with opened(path) as file:
        content = file.read(MOST_LIST_BYTES + 1)
    if len(content) > MOST_LIST_BYTES:
        raise BadInput(
            f"{path} is a list of more than {MOST_LIST_BYTES >> 30} GiB: write an object on each line instead"
        )
    return content
