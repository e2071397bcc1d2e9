"""What goes wrong under an open studio, and nonsense in addresses: each is a sentence, and never an error."""

import re
import sqlite3
from html import unescape

import pytest
from starlette.testclient import TestClient

from datasets_registry.registry import Registry
from datasets_registry.rows.cai import RevisionStep
from datasets_registry.rows.rlaif import PreferencePair
from datasets_registry.store import chunks
from datasets_registry.version import Derivation, Version
from tests.rows import make
from tests.studio.committed import committed

NOTHING = Derivation(code_version="1", settings={}, inputs=())
HOSTILE = "\"><script>alert(1)</script>/../?id=x&amp;#calls %00' \u202e"
PLACES = (
    '["a", "b"]',
    '["a", 1e400]',
    "[true]",
    f"[{10**30}]",
    f'["a", {10**30}]',
    '["a", true]',
    "[" * 5_000,
)
NONSENSE = ("%00\ufffe", "-1", "' OR 1=1 --", "a" * 1_999)


@pytest.fixture
def version(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> Version:
    """Pairs in several files."""
    for name, number in (("MIN_ROWS", 2), ("MEAN_MORE_ROWS", 2), ("MAX_ROWS", 4)):
        monkeypatch.setattr(chunks, name, number)
    version = committed(
        registry, [make(PreferencePair, pair_id=f"{row:02}", prompt="Say a.") for row in range(20)]
    )
    assert len(registry.files(version)) >= 5
    return version


@pytest.mark.parametrize("page", ["pairs", "revisions", "rows", "row", "distributions", "compare", "version"])
def test_nonsense_in_an_address_is_never_an_error(client: TestClient, registry: Registry, page: str) -> None:
    row = make(RevisionStep) if page == "revisions" else make(PreferencePair)
    version = committed(registry, [row])
    words = {"pairs": ["label", "order", "text"], "rows": [], "row": ["id"], "compare": ["with"]}
    asked = [(word, value) for word in words.get(page, []) for value in NONSENSE]
    asked += [("after", place) for place in PLACES if page in ("pairs", "revisions", "rows")]
    for word, value in asked:
        answer = client.get(f"/{page}/{version}", params={word: value})
        assert answer.status_code in (200, 400, 404), (word, value, answer.text)
        assert answer.status_code == 200 or answer.text.count('role="alert"') == 1
    for reference in (
        f"{version}0",
        version.name,
        f"{version.name}@-1",
        f"{version.name}@{10**30}",
        "%00",
        "@",
    ):
        assert client.get(f"/{page}/{reference}?id=a").status_code in (200, 400, 404), reference


@pytest.mark.parametrize("page", ["pairs", "rows", "row", "distributions", "version", "pairs?text=a"])
def test_a_version_that_was_removed_meanwhile_is_a_sentence(
    client: TestClient, registry: Registry, version: Version, page: str
) -> None:
    path, _, query = page.partition("?")
    address = f"/{path}/{version}?id=01&{query}"
    assert client.get(address).status_code == 200
    for file in registry.files(version):
        file.unlink()
    answer = client.get(address)
    assert answer.status_code == 400 and f"`trimtab verify {version}` says what is left" in answer.text


def test_a_row_that_vanished_is_a_sentence(client: TestClient, version: Version) -> None:
    answer = client.get(f"/row/{version}?id=99")
    assert answer.status_code == 400 and "has no row whose pair_id begins with" in answer.text


def test_a_file_that_breaks_amid_a_search_ends_it_in_a_sentence(
    client: TestClient, registry: Registry, version: Version
) -> None:
    # the values that its filters offer are known by then
    client.get(f"/pairs/{version}")
    registry.files(version)[-1].write_bytes(b"no Parquet")
    answer = client.get(f"/pairs/{version}", params={"text": "a"})
    assert answer.status_code == 200 and answer.text.count("<article") > 0
    assert "the search could not go on: an object cannot be read" in answer.text
    assert "the whole version was searched" not in answer.text


def test_a_busy_catalog_is_read_all_the_same(
    client: TestClient, registry: Registry, version: Version
) -> None:
    writer = sqlite3.connect(registry.state.catalog, isolation_level=None)
    writer.execute("BEGIN EXCLUSIVE")
    try:
        assert client.get(f"/version/{version}").status_code == 200
    finally:
        writer.execute("ROLLBACK")
        writer.close()


def test_looking_writes_nothing(client: TestClient, registry: Registry, version: Version) -> None:
    def held() -> dict[str, tuple[int, int]]:
        files = (path for path in registry.state.root.rglob("*"))
        return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in files}

    before = held()
    for page in ("pairs", "rows", "distributions", "compare", "version", "row"):
        assert client.get(f"/{page}/{version}", params={"id": "01", "order": "longest"}).status_code == 200
    assert client.get(f"/pairs/{version}?text=a").status_code == 200 and client.get("/").status_code == 200
    assert held() == before


def test_an_id_with_markup_leads_to_its_row(client: TestClient, registry: Registry) -> None:
    version = committed(registry, [make(PreferencePair, pair_id=HOSTILE)])
    for page in ("pairs", "rows"):
        text = client.get(f"/{page}/{version}").text
        assert "<script>alert" not in text
        links = {unescape(link) for link in re.findall(r'href="(/row/[^"]+)"', text)}
        assert links and all("Where row" in client.get(link).text for link in links)
