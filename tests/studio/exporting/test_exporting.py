"""An exported page: it says what it is of, leads nowhere else, and holds nothing but what it shows."""

import json
import re
from html import unescape
from pathlib import Path

import pytest

from assets.cli.main import main
from datasets_registry.errors import TrimtabError
from datasets_registry.registry import Registry
from datasets_registry.rows.rlaif import PreferencePair
from datasets_registry.state import State
from datasets_registry.version import Derivation
from studio.exporting.chosen import chosen
from studio.exporting.exporting import ExportedPage, export_pages
from studio.exporting.still import Still
from tests.rows import make
from tests.traced import Traced

NOTHING = Derivation(code_version="1", settings={}, inputs=())
HOSTILE = "<script>owned()</script><img src=x>&lt;b&gt; {{ 7 * 7 }} </title></style>\u202eevil"
LOADS = re.compile(
    r"<(?:script|img|iframe|form|input|button|link (?!rel=\"icon\" href=\"data:,\"))|\bsrc=|url\("
)


def exported(registry: Registry, folder: Path, *addresses: str, rows: int = 3) -> list[ExportedPage]:
    """The pages written with a registry that only reads."""

    def open_registry() -> Registry:
        return Registry(State(registry.state.root), reads_only=True)

    return export_pages(registry, open_registry, chosen(registry, addresses), folder, rows)


def files_of(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of every file, by its path; SQLite's own of an open catalog apart."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    stats = {str(path): path.stat() for path in paths if not path.name.endswith(("-shm", "-wal"))}
    return {name: (stat.st_size, stat.st_mtime_ns) for name, stat in stats.items()}


def test_a_copy_says_what_it_is_of_and_leads_to_itself_alone(traced: Traced, tmp_path: Path) -> None:
    registry, out = traced.registry, tmp_path / "out"
    registry.engine.dispose()
    before = files_of(registry.state.root)
    version = registry.version("preference_pairs", 3)
    labels = [row.label for row in registry.rows(PreferencePair, version)]
    pairs, rows, compared, _, described = exported(
        registry,
        out,
        "pairs/preference_pairs@3?label=a",
        "http://127.0.0.1:3210/rows/preference_pairs@3?token=secret",
        "compare/preference_pairs@2?with=preference_pairs@1",
        "/",
        "version/preference_pairs@3",
        # the same once more
        "/pairs/preference_pairs@3?label=a",
    )
    assert pairs.num_rows_left_out == labels.count("a") - 3 > 0
    assert rows.num_rows_left_out == len(labels) - 3
    assert compared.num_rows_left_out and described.num_rows_left_out is None
    text = (out / pairs.file).read_text()
    assert text.count('class="entry"') == 3 and "(label a)" in text and "token" not in text
    assert (
        "not passed" not in text
        and version.data_version in text
        and f"{pairs.num_rows_left_out} rows are left out" in text
    )
    assert f'href="{described.file}"' in text and f'href="{pairs.file}"' in (out / "index.html").read_text()
    names = {path.name for path in out.iterdir()}
    assert len(names) == 6
    for path in out.iterdir():
        whole = path.read_text()
        links = re.findall(r'<a [^>]*href="([^"]*)"', whole)
        assert links and all(link.startswith("#") or link in names for link in links), path
        page = re.sub(r"<style>.*</style>", "", whole, flags=re.S)
        assert not LOADS.search(page) and "default-src 'none'" in page, path
        assert str(registry.state.root) not in whole and str(Path.home()) + "/" not in whole, path
    assert files_of(registry.state.root) == before


def test_what_was_said_by_a_model_stays_text(registry: Registry, tmp_path: Path) -> None:
    said = f"{HOSTILE} {registry.state.root}/models"
    pair = make(PreferencePair, prompt=said, chosen=HOSTILE, rejected="plain", label="a", category=HOSTILE)
    registry.commit(PreferencePair, [pair], NOTHING)
    (page,) = exported(registry, tmp_path / "out", "pairs/preference_pairs@1?text=owned")
    text = (tmp_path / "out" / page.file).read_text()
    main_part = text.partition("<main")[2]
    assert "<script" not in text and "<img" not in text and text.count("</style>") == 1
    assert "\u202e" not in text and str(registry.state.root) not in text and page.num_rows_left_out == 0
    # what was written as `&lt;` is still that
    assert "<script>owned()</script><img src=x>&lt;b&gt; {{ 7 * 7 }}" in unescape(main_part)
    assert "(state)/models" in main_part
    # nor is it passed on as if somebody had looked at it
    assert "has not passed its checks (candidate)" in main_part


def test_a_page_that_goes_on_without_saying_how_far_is_known() -> None:
    still = Still({}, "")
    still.feed(
        '<main><a href="/rows/a@1">a</a> <nav class="pages"><a class="button next" href="/b">Next</a></nav>'
    )
    assert still.goes_on and still.num_rows_left_out is None
    assert still.text("") == "<main>a "


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("nowhere/preference_pairs", "none of the studio's that can be exported: write PAGE/VERSION"),
        ("review/preference_pairs", "none of the studio's that can be exported"),
        ("pairs/nothing@1", "nothing"),
        ("pairs/preference_pairs@3?after=x", "leave out `after`"),
        ("pairs/preference_pairs@3?label=a&order=x", "order 'x' cannot be chosen"),
        ("pairs/completion_pairs", "holds no pairs"),
        ("row/preference_pairs@3?id=nobody", "nobody"),
        ("http://[", "is no address"),
    ],
)
def test_what_cannot_be_exported_leaves_nothing(
    traced: Traced, tmp_path: Path, address: str, sentence: str
) -> None:
    before = set(tmp_path.iterdir())
    with pytest.raises(TrimtabError, match=re.escape(sentence)):
        exported(traced.registry, tmp_path / "out", "version/preference_pairs@3", address)
    assert set(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--export", "{full}", "--page", "/"], "is not empty: name another folder, or empty this one first"),
        (["--export", "{new}"], "no page is named"),
        (["--page", "/"], "name a folder for it with --export"),
    ],
)
def test_the_command_says_what_it_misses(
    state: State,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    sentence: str,
) -> None:
    full = tmp_path / "full"
    full.mkdir()
    (full / "mine").touch()
    given = [word.format(full=full, new=tmp_path / "new") for word in words]
    monkeypatch.setattr("sys.argv", ["trimtab", "studio", *given])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2 and sentence in capsys.readouterr().err
    assert [path.name for path in full.iterdir()] == ["mine"] and not (tmp_path / "new").exists()


def test_the_command_counts_what_it_wrote(
    traced: Traced, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    monkeypatch.setattr(
        "sys.argv",
        [
            "trimtab",
            "studio",
            "--export",
            str(out),
            "--page",
            "rows/preference_pairs",
            "--rows",
            "2",
            "--json",
        ],
    )
    with pytest.raises(SystemExit) as stopped:
        main()
    outcome = json.loads(capsys.readouterr().out)
    assert stopped.value.code == 0 and outcome["bytes"] == sum(path.stat().st_size for path in out.iterdir())
    (page,) = outcome["pages"]
    newest = traced.preferences[-1]
    assert page["version"] == str(newest) and page["rows_left_out"] == (newest.num_rows or 0) - 2
