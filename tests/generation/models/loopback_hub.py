"""A hub on this machine: it serves one model's folder under any repository's name, as the Hub's API does."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import unquote, urlsplit

FIRST, SECOND = "1" * 40, "2" * 40


@dataclass
class Hub:
    """What is served, and what was asked for.

    ``branches`` name commits, and ``commits`` the folder of each. ``refuses`` is the status and the error
    code for files, ``refuses_info`` for what is known of a repository. Weights break off after ``cut`` bytes.
    """

    commits: dict[str, Path]
    branches: dict[str, str]
    address: str = ""
    asked: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    refuses: tuple[int, str] | None = None
    refuses_info: tuple[int, str] | None = None
    cut: int | None = None

    def commit(self, revision: str) -> str | None:
        """The commit that ``revision`` names."""
        return self.branches.get(revision, revision if revision in self.commits else None)


@contextmanager
def loopback_hub(folder: Path) -> Iterator[Hub]:
    """A hub that serves ``folder`` as the first commit of the main branch of every repository."""
    hub = Hub({FIRST: folder}, {"main": FIRST})

    class Handler(_Handler):
        served = hub

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.address = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    served: Hub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        hub, path = self.served, unquote(urlsplit(self.path).path)
        hub.asked.append(f"{self.command} {path}")
        hub.tokens.append(self.headers.get("Authorization", ""))
        parts = path.strip("/").split("/")
        if parts[:2] == ["api", "models"]:
            self._describe(parts[4:])
        elif hub.refuses:
            self._refuse(*hub.refuses)
        elif parts[2:3] == ["resolve"]:
            self._give(hub.commits[str(hub.commit(parts[3]))] / "/".join(parts[4:]), parts[3])
        else:
            self._refuse(404, "EntryNotFound")

    def _describe(self, parts: list[str]) -> None:
        hub = self.served
        kind, revision = parts[0] if parts else "revision", "/".join(parts[1:]) or "main"
        commit = hub.commit(revision)
        if hub.refuses_info:
            self._refuse(*hub.refuses_info)
        elif commit is None:
            self._refuse(404, "RevisionNotFound")
        elif kind == "tree":
            self._json([_entry(path) for path in sorted(hub.commits[commit].iterdir())])
        else:
            files = [{"rfilename": path.name} for path in hub.commits[commit].iterdir()]
            self._json({"id": "any/model", "sha": commit, "siblings": files})

    def _give(self, path: Path, revision: str) -> None:
        content = path.read_bytes()
        start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").split("-")[0])
        self.send_response(206 if start else 200)
        self.send_header("ETag", f'"{_etag(path)}"')
        self.send_header("X-Repo-Commit", str(self.served.commit(revision)))
        self.send_header("Content-Length", str(len(content) - start))
        self.send_header("Accept-Ranges", "bytes")
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        if self.command == "HEAD":
            return
        if self.served.cut is not None and path.suffix == ".safetensors":
            self.wfile.write(content[start : start + self.served.cut])
            self.wfile.flush()
            self.close_connection = True
        else:
            self.wfile.write(content[start:])

    def _json(self, content: Any) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _refuse(self, status: int, code: str) -> None:
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("X-Error-Message", "refused")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


def _etag(path: Path) -> str:
    """As on the Hub: SHA-256 of weights, and git's SHA-1 of small files."""
    content = path.read_bytes()
    if path.suffix == ".safetensors":
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def _entry(path: Path) -> dict[str, Any]:
    size, entry = path.stat().st_size, {"type": "file", "path": path.name}
    oid = hashlib.sha1(path.read_bytes()).hexdigest()
    if path.suffix != ".safetensors":
        return {**entry, "size": size, "oid": oid}
    return {**entry, "size": size, "oid": oid, "lfs": {"oid": _etag(path), "size": size, "pointerSize": 130}}
