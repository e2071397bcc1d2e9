"""A store in a bucket, through obstore: files are put once, and read from copies in the state folder."""

import hashlib
import re
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from datasets_registry.errors import BadInput, BrokenObject, StoreFailed, StoreRefused, first_line
from datasets_registry.state import durable, sync
from datasets_registry.stores.store import Stored

if TYPE_CHECKING:
    from obstore.store import ObjectStore

PROBES = ".probes"
# a larger file goes in parts, for which there is no condition
LARGE = 64 << 20
# S3 takes 10,000 parts
_PARTS, _PART_BYTES = 9_000, 16 << 20
_CREDENTIALS = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
_SECRET = re.compile(r"//[^/@\s]*@|(?i:(signature|credential|token|secret\w*|key\w*)=)[^&\s\"]+")
_SHOWN = 200
_NO_BUCKET = "NoSuchBucket"
_REMEDY = (
    "`trimtab verify` on a machine with a copy sends it again; where there is none, it names the versions "
    "that need it, and materializing one of them again restores it"
)
# a conditional write whose connection breaks is not sent again by obstore itself
_PAUSES = (0.2, 1.0, 4.0, None)
# where obstore has tried for longer, the server is gone
_BROKEN_SECONDS = 20


class BucketStore:
    """The files of the bucket at ``url``; copies of those that were read lie below ``root``."""

    url: str | None

    def __init__(self, url: str, root: Path, client: "ObjectStore") -> None:
        self.url, self.root, self._client = url, root, client

    def place(self, key: str) -> Path:
        """Where a copy lies, or would lie once it is fetched."""
        return self.root / key

    def holds(self, key: str, num_bytes: int | None = None) -> bool:
        """True: a file is durable before it is recorded, and its record goes before the file."""
        return True

    def put(self, key: str, file: Path, *, replace: bool = False) -> bool:
        """Send the finished ``file``, and keep it as the copy; False where the name is taken."""
        is_new = self.send(key, file, replace=replace)
        if is_new:
            place = self.place(key)
            place.parent.mkdir(parents=True, exist_ok=True)
            sync(file)
            file.replace(place)
            sync(place.parent)
        return is_new

    def send(self, key: str, file: Path, *, replace: bool = False) -> bool:
        """Send ``file``, which stays where it is; False where the name is taken."""
        import obstore
        from obstore.exceptions import AlreadyExistsError, GenericError

        size = file.stat().st_size
        if replace or size > LARGE:
            with self._asked(f"take {key}"):
                if not replace and self._has(key, size):
                    return False
                obstore.put(self._client, key, file, chunk_size=max(_PART_BYTES, size // _PARTS))
            return True
        data, began = file.read_bytes(), time.monotonic()
        for pause in _PAUSES:
            with self._asked(f"take {key}"):
                try:
                    obstore.put(self._client, key, data, mode="create")
                    return True
                except AlreadyExistsError:
                    # perhaps by our own request, whose answer was lost
                    is_again = pause != _PAUSES[0]
                    return is_again and bytes(obstore.get(self._client, key).bytes()) == data
                except GenericError:
                    if pause is None or time.monotonic() - began > _BROKEN_SECONDS:
                        raise
            time.sleep(pause)
        raise AssertionError("the last try returns or raises")

    def _has(self, key: str, size: int) -> bool:
        import obstore

        try:
            return int(obstore.head(self._client, key)["size"]) == size
        except FileNotFoundError:
            return False

    def path(self, key: str, sha256: str | None = None) -> Path:
        """The copy, fetched where there is none; raises BrokenObject where the bucket has no such file."""
        place = self.place(key)
        return place if place.exists() else self.fetch(key, place, sha256)

    def fetch(self, key: str, to: Path, sha256: str | None = None) -> Path:
        """A copy at ``to``; raises BrokenObject where the file is missing or has another SHA-256."""
        import obstore

        found = hashlib.sha256()
        with durable(to) as temporary, temporary.open("wb") as file, self._asked(f"give {key}"):
            try:
                for piece in obstore.get(self._client, key).stream():
                    file.write(piece)
                    found.update(piece)
            except FileNotFoundError as error:
                raise self._absent(key, error) from error
            file.flush()
            if sha256 not in (None, found.hexdigest()):
                raise _broken(f"{key} in {self.url} is not the file that was written")
        return to

    def _absent(self, key: str, error: FileNotFoundError) -> BadInput | BrokenObject:
        if _NO_BUCKET in str(error):
            return self._no_bucket()
        return _broken(f"{key} is missing in {self.url}")

    def read(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        """The bytes from ``start`` to ``end``, from the copy where there is one."""
        import obstore

        if self.place(key).exists():
            with self.place(key).open("rb") as file:
                file.seek(start)
                return file.read(-1 if end is None else end - start)
        with self._asked(f"give {key}"):
            try:
                if end is None:
                    return bytes(obstore.get(self._client, key).bytes())[start:]
                return bytes(obstore.get_range(self._client, key, start=start, end=end))
            except FileNotFoundError as error:
                raise self._absent(key, error) from error

    def list(self, prefix: str) -> Iterator[Stored]:
        """The files whose names begin with a folder's, a thousand to a request."""
        import obstore

        with self._asked(f"list {prefix}"):
            for page in obstore.list(self._client, prefix):
                for found in page:
                    yield Stored(found["path"], found["size"], found["last_modified"].timestamp())

    def delete(self, names: Sequence[str]) -> None:
        """Remove files in the bucket, a thousand to a request, and their copies here."""
        import obstore

        if names:
            with self._asked("remove files"), suppress(FileNotFoundError):
                obstore.delete(self._client, list(names))
        for key in names:
            self.place(key).unlink(missing_ok=True)

    def now(self) -> float:
        """The server's clock, by what it says of a file that is put now."""
        import obstore

        key = f"{PROBES}/{uuid.uuid4().hex}"
        with self._asked("take a probe"):
            obstore.put(self._client, key, b"now")
            changed = float(obstore.head(self._client, key)["last_modified"].timestamp())
            obstore.delete(self._client, key)
        return changed

    def require_conditional(self) -> None:
        """Put a probe twice; raises BadInput where the second is not refused, as writers could collide."""
        import obstore
        from obstore.exceptions import AlreadyExistsError, NotSupportedError

        key = f"{PROBES}/{uuid.uuid4().hex}"
        with self._asked("take a probe"):
            try:
                obstore.put(self._client, key, b"first", mode="create")
                obstore.put(self._client, key, b"second", mode="create")
            except AlreadyExistsError:
                return
            except NotSupportedError:
                pass
            finally:
                with suppress(Exception):
                    obstore.delete(self._client, key)
        raise BadInput(
            f"{self.url} does not refuse to write a file twice (PUT with If-None-Match: *): set "
            "TRIMTAB_STORE to a bucket of a server that does; docs/bucket.md names some"
        )

    @contextmanager
    def _asked(self, what: str) -> Iterator[None]:
        """Turn what obstore raises into a sentence, in which no credential stands."""
        from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError

        try:
            yield
        except (PermissionDeniedError, UnauthenticatedError) as error:
            raise StoreRefused(
                f"{self.url} refuses to {what} with these credentials: set {_CREDENTIALS} to those of an "
                "account that may read, write, list and delete there; where they have expired, to new ones"
            ) from error
        except FileNotFoundError as error:
            if _NO_BUCKET not in str(error):
                raise
            raise self._no_bucket() from error
        except BaseError as error:
            raise StoreFailed(
                f"{self.url} does not {what} ({_plain(error)}): check that its server runs, that "
                f"AWS_ENDPOINT_URL names it and that {_CREDENTIALS} are set, then run this again; what was "
                "committed is whole"
            ) from error

    def _no_bucket(self) -> BadInput:
        return BadInput(
            f"there is no bucket at {self.url}: create it, or set TRIMTAB_STORE to one that is there"
        )


def _broken(brief: str) -> BrokenObject:
    return BrokenObject(f"{brief}: {_REMEDY}", brief)


def _plain(error: Exception) -> str:
    """The beginning of what the library says, without what an address or a request may hold."""
    return _SECRET.sub("…", first_line(error))[:_SHOWN].rstrip()
